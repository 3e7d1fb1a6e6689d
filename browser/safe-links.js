// Links of strangers: an address that would run something is not followed. The page's policy forbids it as well; so the
// reader is spared an error, and a page served without the policy is safe too.

const RUNS = ["javascript:", "vbscript:", "data:"];

for (const event of ["click", "auxclick"]) {
  document.addEventListener(
    event,
    (clicked) => {
      if (RUNS.includes(clicked.target.closest?.("a[href]")?.protocol)) {
        clicked.preventDefault();
        clicked.stopPropagation();
      }
    },
    true
  );
}
