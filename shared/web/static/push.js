// Notifications on an agent's phone: asked for by a tap, and kept up each time that the inbox is opened.

const box = document.getElementById("push");

async function subscribed(create) {
  const worker = await navigator.serviceWorker.ready;
  const known = await worker.pushManager.getSubscription();
  if (known && keyOf(known) === box.dataset.key) return known;
  await known?.unsubscribe();
  if (!create) return null;
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: box.dataset.key });
}

function keyOf({ options }) {
  const text = btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function keep(create) {
  const subscription = await subscribed(create);
  box.hidden = subscription !== null;
  if (!subscription) return;
  const answer = await fetch("/v1/push-subscriptions", {
    method: "POST", body: JSON.stringify(subscription),
    headers: { "Content-Type": "application/json", "X-CSRF-Token": box.dataset.csrf },
  });
  if (!answer.ok) throw new Error((await answer.json()).detail);
}

// Without a connection it is kept up the next time.
function show(problem) {
  if (problem instanceof TypeError) return;
  box.hidden = false;
  box.querySelector("[role=status]").textContent = box.dataset.failed;
}

if (box && "PushManager" in window && Notification.permission !== "denied") {
  keep(false).catch(show);
  box.querySelector("button").addEventListener("click", () => keep(true).catch(show));
}
