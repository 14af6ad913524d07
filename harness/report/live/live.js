
// Asks every two seconds how far the record is, and takes the new page's report in place of the old one: where the reader
// has scrolled to, and what is unfolded, stays.
let shown = LAST;
const state = document.getElementById("live").textContent;

async function follow() {
  try {
    const { last } = await (await fetch("events", { cache: "no-store" })).json();
    if (last !== shown) {
      const text = await (await fetch("", { cache: "no-store" })).text();
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("report");
      const unfolded = [...document.querySelectorAll("details")].map((d) => d.open);
      fresh.querySelectorAll("details").forEach((d, i) => { d.open = unfolded[i] === true; });
      document.getElementById("report").replaceWith(fresh);
      shown = last;
    }
    document.getElementById("live").textContent = state;
  } catch (e) {
    document.getElementById("live").textContent = "bilevel watch has ended: this is how the run stood then.";
    return;
  }
  setTimeout(follow, 2000);
}
setTimeout(follow, 2000);
