// The inbox without a connection: the last page that was seen, and its styles and scripts. Nothing else is kept, and
// nothing once the session has ended.

const PAGE = "payung-inbox", ASSETS = "payung-assets";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(start()));

// The page that is open came before this worker: it is fetched again, to be there when the connection is lost.
async function start() {
  await clients.claim();
  await fresh(new Request("/", { redirect: "manual", credentials: "same-origin", headers: { accept: "text/html" } }))
    .catch(() => {});
}

addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (address.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && address.pathname === "/") event.respondWith(page(request));
});

// What is told names no business: others may see the phone.
addEventListener("push", (event) => {
  const { title, body, tag } = event.data.json();
  event.waitUntil(registration.showNotification(title, { body, tag, renotify: true }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

async function open() {
  const [page] = await clients.matchAll({ type: "window" });
  await (page ? page.focus() : clients.openWindow("/"));
}

async function asset(request) {
  const known = await caches.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(ASSETS)).put(request, answer.clone());
  return answer;
}

async function page(request) {
  try {
    return await fresh(request);
  } catch {
    return (await caches.match("/")) ?? Response.error();
  }
}

async function fresh(request) {
  const answer = await fetch(request);
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    await caches.delete(PAGE);
  } else if (answer.ok) {
    await (await caches.open(PAGE)).put("/", answer.clone());
    await keepAssets(await answer.clone().text());
  }
  return answer;
}

// The addresses of assets change with every release: those of the page at hand are kept, others are not.
async function keepAssets(text) {
  const wanted = new Set(text.match(/\/assets\/[^"'\s]+/g) ?? []), cache = await caches.open(ASSETS);
  const known = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  await Promise.all(known.filter((path) => !wanted.has(path)).map((path) => cache.delete(path)));
  await Promise.all([...wanted].filter((path) => !known.includes(path)).map((path) => cache.add(path).catch(() => {})));
}
