// The form that sends a file: it may be dragged in, and a large one goes in parts that are resumed (tus 1.0.0).

const form = document.getElementById("upload");
const input = form.elements.file;
const drop = input.closest(".drop");
const sending = document.getElementById("sending");
const bar = sending.querySelector("progress");
const said = sending.querySelector("[role=status]");

const LARGE = 8 * 1024 * 1024; // bytes: smaller files are sent by the form itself
const PART = 4 * 1024 * 1024;
const MOST_TRIES = 8;

for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length === 1) input.files = event.dataTransfer.files;
  input.focus();
});

form.addEventListener("submit", async (event) => {
  const file = input.files[0];
  if (!file || file.size < LARGE) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  sending.hidden = false;
  try {
    form.elements.upload.value = await send(file);
    input.disabled = true;
    form.submit();
  } catch (problem) {
    said.textContent = problem.message || form.dataset.failed;
    button.disabled = false;
  }
});

/** Sends the file and returns the upload's id; goes on with one that was begun for the same file. */
async function send(file) {
  const known = `payung-upload:${file.name}:${file.size}:${file.lastModified}`;
  let id = localStorage.getItem(known);
  let offset = id ? await received(id) : null;
  if (offset === null) {
    id = await begin(file);
    offset = 0;
    localStorage.setItem(known, id);
  }
  for (let tries = 0; offset < file.size; ) {
    show(offset, file.size);
    const now = await append(id, offset, file.slice(offset, offset + PART));
    if (now !== null) {
      offset = now;
      tries = 0;
      continue;
    }
    if (++tries > MOST_TRIES) throw new Error("");
    said.textContent = form.dataset.again;
    await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** Math.min(tries, 6)));
    offset = (await received(id)) ?? offset;
  }
  localStorage.removeItem(known);
  return id;
}

function headers(more) {
  return { "X-CSRF-Token": form.elements.csrf.value, "Tus-Resumable": "1.0.0", ...more };
}

async function begin(file) {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name.slice(-150))));
  const more = { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${name}` };
  const answer = await fetch("/v1/uploads", { method: "POST", headers: headers(more) });
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return (await answer.json()).id;
}

/** How many bytes arrived; null for an upload that there is none of, or while the connection is broken. */
async function received(id) {
  try {
    const answer = await fetch(`/v1/uploads/${id}`);
    return answer.ok ? (await answer.json()).received : null;
  } catch {
    return null;
  }
}

/** How many bytes there are after this part; null if it did not arrive. */
async function append(id, offset, part) {
  const more = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  try {
    const answer = await fetch(`/v1/uploads/${id}`, { method: "PATCH", headers: headers(more), body: part });
    return answer.ok ? Number(answer.headers.get("Upload-Offset")) : null;
  } catch {
    return null;
  }
}

function show(done, all) {
  bar.value = (100 * done) / all;
  said.textContent = `${form.dataset.sending} ${Math.floor((100 * done) / all)} %`;
}
