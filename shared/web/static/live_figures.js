// Figures are shown as they change: the stream names the regions that did, and the page is asked for anew.

const CALM = 5_000; // the least time between two looks, in ms
const SETTLED = 2_000; // whoever clicks through pages opens no streams

let looked = 0;
let waiting = null;

const report = () => document.getElementById("report");

function isHere(region) {
  return report().dataset.inside.split(" ").includes(region.slice(0, 2));
}

function soon() {
  waiting ??= setTimeout(look, Math.max(0, looked + CALM - Date.now()));
}

async function look() {
  [looked, waiting] = [Date.now(), null];
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("report");
  if (fresh && !report().contains(document.activeElement)) put(document.adoptNode(fresh));
  else if (fresh) soon(); // not under somebody's hands
}

function put(fresh) {
  const before = new Map([...report().querySelectorAll("tr[id]")].map((row) => [row.id, row.textContent]));
  report().replaceWith(fresh);
  for (const row of fresh.querySelectorAll("tr[id]")) {
    if (before.has(row.id) && before.get(row.id) !== row.textContent) row.classList.add("changed");
  }
  document.dispatchEvent(new Event("payung:figures"));
}

async function missed() {
  const answer = await fetch("/v1/freshness").catch(() => null);
  if (answer?.ok && ((await answer.json()).updated_at ?? "") !== report().dataset.updated) soon();
}

setTimeout(() => {
  const source = new EventSource(report().dataset.stream);
  source.addEventListener("open", missed); // what changed before, or while the connection was gone
  source.addEventListener("coverage", (event) => {
    if (JSON.parse(event.data).regions.some(isHere)) soon();
  });
  addEventListener("pagehide", () => source.close());
}, SETTLED);
document.addEventListener("visibilitychange", () => document.hidden || missed());
