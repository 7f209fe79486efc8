// What every page does with scripts on; each page works without.

// Dates, unsaved forms and the like have modules of their own, loaded by the pages that use them.
// On a phone the sections scroll sideways: to the one that is open.
const here = document.querySelector(".sections [aria-current]");
const sections = here?.closest("nav");
if (sections) sections.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - sections.clientWidth / 2;

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 0) return;
  document.getElementById("notice")?.scrollIntoView({ block: "nearest" });
});
