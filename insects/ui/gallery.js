// Draws the tiles that Python sends, and tells Python which one was opened.
export default function ({ data, parentElement, setTriggerValue }) {
  const draw = (tile) => {
    const picture = document.createElement("img");
    picture.src = tile.picture;
    picture.alt = tile.words;
    const caption = document.createElement("span");
    caption.textContent = tile.caption;
    caption.style.borderTopColor = tile.colour;
    const button = document.createElement("button");
    button.append(picture, caption);
    button.onclick = () => setTriggerValue("opened", tile.key);
    return button;
  };
  const list = parentElement.querySelector("ul");
  list.classList.toggle("blurred", data.blurred);
  // Drawn anew only where it changes, so that whoever uses the keyboard stays where they are.
  const drawn = JSON.stringify(data.groups);
  if (list.drawn === drawn) return;
  list.drawn = drawn;
  list.replaceChildren(
    ...data.groups.map((group) => {
      const item = document.createElement("li");
      item.style.setProperty("--tiles", Math.min(group.length, 3));
      item.classList.toggle("together", group.length > 1);
      item.append(...group.map(draw));
      return item;
    }),
  );
}
