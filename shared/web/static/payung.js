// What every page does with scripts on; each page works without.

// Dates, unsaved forms and the like have modules of their own, loaded by the pages that use them.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 0) return;
  document.getElementById("notice")?.scrollIntoView({ block: "nearest" });
});
