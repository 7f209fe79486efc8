// What goes on is shown as it goes on: figures by server-sent events, and what changed of the page once it has ended.

for (const place of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(place.dataset.live);
  source.addEventListener("figures", (event) => {
    place.querySelector("[data-figures]").innerHTML = event.data; // a part of our own page
  });
  source.addEventListener("ended", async () => {
    source.close();
    const answer = await fetch(location.href);
    if (answer.redirected || !answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const selector of place.dataset.refresh.split(" ")) {
      const now = page.querySelector(selector);
      if (now) document.querySelector(selector)?.replaceWith(document.adoptNode(now));
    }
    window.htmx?.process(document.body);
  });
  addEventListener("pagehide", () => source.close());
}
