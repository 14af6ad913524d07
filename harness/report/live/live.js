
// Asks every two seconds how far the record is, and takes the new page's report in place of the old one: where the reader
// has scrolled to, and what is unfolded, stays. The box stands outside of the report, so what is being written in it stays too.
const facts = FACTS;
let waiting = false; // something was sent from here that the run has not heard yet
let shown = facts.last + "/" + facts.said;
const state = document.getElementById("live").textContent;

function say(text) { document.getElementById("live").textContent = text; }

// name tells one foldable part from the others, whatever was added before it.
function name(details) {
  const article = details.closest("article");
  return (article ? article.querySelector("h3").textContent : "") + ": " + details.querySelector("summary").textContent;
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  const text = await answer.text();
  return answer.ok ? { text } : { fault: text };
}

async function update() {
  const events = await ask("events");
  if (events.fault) return events.fault;
  const now = JSON.parse(events.text);
  if (now.last + "/" + now.said === shown) return "";
  const page = await ask("./");
  if (page.fault) return page.fault;
  const unfolded = new Set([...document.querySelectorAll("details[open]")].map(name));
  const fresh = new DOMParser().parseFromString(page.text, "text/html").getElementById("report");
  fresh.querySelectorAll("details").forEach((d) => { d.open = unfolded.has(name(d)); });
  document.getElementById("report").replaceWith(fresh);
  if (waiting && !fresh.querySelector(".waiting")) { // the run has heard what the message is about
    told.textContent = "";
    waiting = false;
  }
  shown = now.last + "/" + now.said;
  return "";
}

async function follow() {
  try {
    const fault = await update();
    say(fault ? "The record cannot be read now, this is how the run stood before: " + fault : state);
  } catch {
    say("bilevel watch has ended: this is how the run stood then.");
    return;
  }
  setTimeout(follow, 2000);
}
setTimeout(follow, 2000);

// The box: what is written in it goes to the run. Until the answer is there nothing is cleared, so nothing can be lost.
const box = document.getElementById("say");
const written = document.getElementById("words");
const told = document.getElementById("told");

async function send(saying) {
  const buttons = box.querySelectorAll("button");
  buttons.forEach((b) => { b.disabled = true; });
  try {
    const answer = await fetch("guidance", {
      method: "POST", cache: "no-store", headers: { "Content-Type": "application/json", "X-Bilevel-Page": facts.secret }, body: JSON.stringify(saying),
    });
    told.textContent = await answer.text();
    if (answer.ok) {
      waiting = true;
      if (saying.text !== undefined) written.value = "";
      await update();
    }
  } catch {
    told.textContent = "Not sent: bilevel watch does not answer. Use bilevel guide, or start it again.";
  }
  buttons.forEach((b) => { b.disabled = false; });
}

box.addEventListener("submit", (event) => { event.preventDefault(); send({ text: written.value }); });
document.getElementById("withdraw").addEventListener("click", () => send({ withdraw: true }));
