// The map is one stop of the Tab key; the arrow keys go from tile to tile, Enter opens one.

const opposite = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function begin(tiles) {
  const current = tiles.find((tile) => tile.hasAttribute("aria-current")) ?? tiles[0];
  for (const tile of tiles) tile.setAttribute("tabindex", tile === current ? "0" : "-1");
}

// The nearest tile that way: what lies straight ahead counts before what lies aside.
function next(tiles, from, [right, down]) {
  const [x, y] = [Number(from.dataset.x), Number(from.dataset.y)];
  let best = null;
  let least = Infinity;
  for (const tile of tiles) {
    const [across, along] = [Number(tile.dataset.x) - x, Number(tile.dataset.y) - y];
    const ahead = across * right + along * down;
    const aside = Math.abs(across * down + along * right);
    const distance = ahead + 3 * aside;
    if (ahead > 0 && distance < least) [best, least] = [tile, distance];
  }
  return best;
}

document.addEventListener("keydown", (event) => {
  const tile = event.target.closest?.(".tiles a.tile");
  if (!tile || !(event.key in opposite)) return;
  event.preventDefault();
  const tiles = [...tile.closest(".tiles").querySelectorAll("a.tile")];
  const found = next(tiles, tile, opposite[event.key]);
  if (!found) return;
  for (const each of tiles) each.setAttribute("tabindex", each === found ? "0" : "-1");
  found.focus();
});

const all = () => document.querySelectorAll(".tiles").forEach((map) => begin([...map.querySelectorAll("a.tile")]));
document.addEventListener("payung:figures", all);
all();
