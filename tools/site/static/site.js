// Open the folded part that the address points into, and all of them for printing.
(function () {
  "use strict";

  function open() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    // An address names a section; its folded part lies inside it.
    const inside = target.querySelector(":scope > details.further");
    for (let part = inside || target.closest("details"); part; part = part.parentElement.closest("details")) {
      part.open = true;
    }
    target.scrollIntoView();
  }

  window.addEventListener("hashchange", open);
  document.addEventListener("DOMContentLoaded", open);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((part) => (part.open = true));
  });
})();
