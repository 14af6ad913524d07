
// Asks every two seconds how far the record is, and takes the new page's report in place of the old one: where the reader
// has scrolled to, and what is unfolded, stays.
let shown = LAST;
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
  const last = JSON.parse(events.text).last;
  if (last === shown) return "";
  const page = await ask("./");
  if (page.fault) return page.fault;
  const unfolded = new Set([...document.querySelectorAll("details[open]")].map(name));
  const fresh = new DOMParser().parseFromString(page.text, "text/html").getElementById("report");
  fresh.querySelectorAll("details").forEach((d) => { d.open = unfolded.has(name(d)); });
  document.getElementById("report").replaceWith(fresh);
  shown = last;
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
