// An agent's inbox with scripts on: what is tapped is kept on the phone, sent when there is a connection, and sent once,
// since each tap has an Idempotency-Key of its own. Without scripts the same forms are sent as they are.

const KEPT = "payung.unsent";
const EVERY = 20_000;
const box = document.getElementById("unsent");

const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");
const keep = (all) => localStorage.setItem(KEPT, JSON.stringify(all));

function show(message) {
  const waiting = kept();
  box.hidden = waiting.length === 0 && !message;
  box.querySelector("p").textContent = message ?? box.dataset.waiting.replace("#", waiting.length);
  box.querySelector("ul").replaceChildren(...waiting.map(({ name, what }) => {
    const line = document.createElement("li");
    line.textContent = `${name}: ${what}`;
    return line;
  }));
  for (const { task, act } of waiting) mark(task, box.dataset.kept, act);
}

function mark(task, text, act) {
  const card = document.getElementById(`task-${task}`);
  if (!card) return;
  card.querySelector("[data-state]").textContent = text;
  card.classList.add("waits");
  const over = act === "claim" ? card.querySelectorAll("[data-act=claim]") : card.querySelectorAll(".acts");
  for (const each of over) each.hidden = true;
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("submit", (event) => {
  const form = event.target, act = form.dataset.act;
  if (form.action.endsWith("/sign-out") && kept().length > 0) {
    event.preventDefault();
    show(box.dataset.leaving);
    box.scrollIntoView({ block: "nearest" });
  }
  if (!act) return;
  event.preventDefault();
  const card = form.closest("[data-task]"), tapped = event.submitter;
  keep([...kept(), {
    key: newKey(), task: card.dataset.task, act, name: card.querySelector("h3").textContent.trim(),
    what: tapped.textContent.trim(), body: tapped.name ? { [tapped.name]: tapped.value } : {},
  }]);
  show();
  sendAll();
});

// What a server answers is final, but for "later" and "sign in first": then the tap stays kept.
async function send({ key, task, act, body, what }) {
  const answer = await fetch(`/v1/tasks/${task}/${act}`, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "Idempotency-Key": key, "X-CSRF-Token": box.dataset.csrf },
  });
  if (answer.status === 401 || answer.status === 403) throw new Error(box.dataset.session);
  if (answer.status === 429 || answer.status >= 500) throw new Error("");
  mark(task, answer.ok ? `${what}: ${box.dataset.sent}` : (await answer.json()).detail, act);
}

async function sendAll() {
  if (kept().length === 0 || !navigator.onLine) return show();
  const alone = navigator.locks ? (work) => navigator.locks.request(KEPT, work) : (work) => work();
  await alone(async () => {
    for (let next = kept()[0]; next; next = kept()[0]) {
      try {
        await send(next);
      } catch (problem) {
        return show(problem instanceof TypeError ? undefined : problem.message || undefined);
      }
      keep(kept().filter(({ key }) => key !== next.key));
    }
    show();
  });
}

addEventListener("online", sendAll);
addEventListener("storage", () => show());
setInterval(sendAll, EVERY);
show();
sendAll();
navigator.serviceWorker?.register(box.dataset.worker, { scope: "/" }).catch(() => {});
