// A drawing of the server is saved as PNG: the browser paints the SVG and keeps the picture.

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-png]");
  if (!button) return;
  const answer = await fetch(button.dataset.png, { headers: { accept: "image/svg+xml" } });
  if (!answer.ok) return;
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(await answer.text())}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const link = document.createElement("a");
  link.href = canvas.toDataURL("image/png");
  link.download = `${new URL(button.dataset.png, location.href).pathname.slice(1).replace(".svg", "")}.png`;
  link.click();
});

const show = () => document.querySelectorAll("button[data-png]").forEach((button) => (button.hidden = false));
document.addEventListener("payung:figures", show);
show();
