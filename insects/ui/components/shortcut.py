"""Parts of the Shortcut lab."""

import streamlit as st

from insects import figures
from insects.datasets.drawn import BETRAYING, CLASS_NAMES, DrawnPhoto
from insects.errors import InsectsError
from insects.faithfulness import Localisation
from insects.runs import Run
from insects.shortcut import PER_CLASS, Figures, pictures, report
from insects.ui import shortcut
from insects.ui.components import run as one_run
from insects.ui.components import shared
from insects.ui.shortcut import Pair
from insects.ui.workers import Worker
from insects.wording import answer, describe

FIRST_CLASS = "beetles"
GROUND_TITLES = {
    "leaf": "leaf, the dragonflies' ground",
    "bark": "bark, the cockroaches' ground",
    "paper": "white paper, the beetles' ground",
    "sand": "sand, nobody's ground",
    "meadow": "a meadow, nobody's ground",
    "card": "museum card, nobody's ground",
}
SHIPPED, YOURS = "that come with the app", "that you trained"
INTRODUCTION = (
    "Two small networks learned the same drawn insects. For the first, each insect sat on any "
    "ground. For the second, the ground gave the answer away: dragonflies sat on leaves, "
    "cockroaches on bark, beetles on white paper. A network takes whatever helps, so the second "
    "had no need to look at insects at all. That is a **shortcut**."
)


def pair_picker() -> Pair:
    """Return the networks to look at: those of the app, or the latest that the visitor trained."""
    own = next((pair for pair in shortcut.own_pairs() if pair.is_ready), None)
    if own is None:
        return shortcut.shipped_pair()
    if st.session_state.pop("lab-has-trained", False):
        st.session_state["lab-pair"] = YOURS
    st.session_state.setdefault("lab-pair", YOURS)
    chosen = st.segmented_control(
        "The networks",
        [SHIPPED, YOURS],
        required=True,
        key="lab-pair",
        persist_state="session",
    )
    return own if chosen == YOURS else shortcut.shipped_pair()


def picture_picker() -> tuple[DrawnPhoto, str]:
    """Show a drawing with what can be chosen of it, and return it with its ground."""
    photo_area = st.container(key="lab-picture")
    st.session_state.setdefault("lab-class", FIRST_CLASS)
    label = st.radio(
        "Insect",
        CLASS_NAMES,
        horizontal=True,
        key="lab-class",
        on_change=_to_its_ground,
        persist_state="session",
    )
    st.session_state.setdefault("lab-ground", BETRAYING[str(label)])
    ground = st.selectbox(
        "Ground",
        list(GROUND_TITLES),
        format_func=GROUND_TITLES.__getitem__,
        key="lab-ground",
        persist_state="session",
        help="The insect stays the same. Put it on the ground of another class.",
    )
    st.button("Another picture", icon=":material/shuffle:", on_click=_next, width="stretch")
    of_class = [photo for photo in pictures(0.0) if photo.label == label]
    photo = of_class[st.session_state.get("lab-number", 0) % PER_CLASS]
    with photo_area:
        words = f"A drawing of {label} on {ground}"
        st.image(figures.data_url(photo.load_on(ground)), width="stretch", alt=words)
        st.caption("Neither network has learned from this insect.")
    return photo, ground


def _to_its_ground() -> None:
    """Put another insect on the ground that betrays it; a callback."""
    st.session_state["lab-ground"] = BETRAYING[st.session_state["lab-class"]]


def _next() -> None:
    st.session_state["lab-number"] = st.session_state.get("lab-number", 0) + 1


def titles(pair: Pair) -> tuple[str, str]:
    """Return what the networks of a pair are called."""
    often = "" if pair.bias == 1 else f" in {100 * pair.bias:.0f} pictures of 100"
    return "Learned on any ground", f"Learned on ground that betrays the class{often}"


def side_by_side(pair: Pair, photo: DrawnPhoto, ground: str) -> None:
    """Show what each network says of a drawing and why, and how much of that is on the insect."""
    for column, run, title in zip(st.columns(2, gap="large"), pair.both, titles(pair), strict=True):
        with column:
            st.markdown(f"**{title}**")
            _answer(run, photo, ground)


def _answer(run: Run, photo: DrawnPhoto, ground: str) -> None:
    explanation, found = shortcut.explained(run, photo, ground)
    right = explanation.label == photo.label
    icon = ":material/check: right" if right else ":material/close: wrong"
    st.markdown(f"#### {answer(explanation.prediction)} · {icon}")
    picture = figures.overlay(explanation, explanation.label, photo.load_on(ground))
    st.image(
        figures.data_url(figures.outlines(picture, photo.mask().astype(int))),
        width="stretch",
        alt=f"What speaks for and against {explanation.label}: {describe(explanation)}",
    )
    st.html(figures.scale_html(explanation))
    st.markdown(mass_words(found))
    shared.prediction_bars(explanation.prediction)


def mass_words(found: Localisation) -> str:
    """Return how much of what speaks for an answer lies on the insect, beside what chance gives."""
    if found.mass == 0:
        return (
            "**Nothing in the picture speaks for this answer**: the network would give it to bare "
            "ground just as well."
        )
    return (
        f"**{100 * found.mass:.0f} % of what speaks for this answer lies on the insect**, which "
        f"takes up {100 * found.mask_share:.0f} % of the picture (outlined)."
    )


def verdict(pair: Pair) -> None:
    """Show what both networks are worth, or how far the measurement is."""
    found = [shortcut.figures(run) for run in pair.both]
    if any(isinstance(one, Worker) for one in found):
        st.fragment(_measuring, run_every=1.0)(pair)
    else:
        _table(pair, [one for one in found if isinstance(one, Figures)])


def _measuring(pair: Pair) -> None:
    found = [(run, shortcut.figures(run)) for run in pair.both]
    working = [(run, one) for run, one in found if isinstance(one, Worker)]
    if not working:
        st.rerun()
    st.markdown("**How good are they?** Asking both about new pictures …")
    for run, worker in working:
        if worker.is_going_on:
            shared.work(worker, "Waiting for other measurements …")
        else:
            st.warning(shared.plain(f"This could not be measured: {worker.error}"))
            st.button(
                "Try again", key=f"again-{run.name}", on_click=shortcut.try_again, args=(run,)
            )


def _table(pair: Pair, found: list[Figures]) -> None:
    honest, betrayed = found
    st.markdown(f"**How good are they?** {_in_words(honest, betrayed)}")
    st.markdown(report(dict(zip(titles(pair), found, strict=True))))
    st.caption(
        f"New insects, {honest.pictures} on each kind of ground. Relevance: of what speaks for the "
        f"answer, the share that lies on the insect, mean of {honest.explained} pictures whose "
        "ground betrays the class, ± its standard error. Spread evenly over the picture, as much "
        "of it would lie on the insect as the last line says. To find what speaks for an answer, "
        "parts of the picture are hidden hundreds of times: leaf, bark and paper, each in turn, "
        "take their place."
    )


def _in_words(honest: Figures, betrayed: Figures) -> str:
    """Return what the figures say, no more than they do."""
    guessing = betrayed.pictures // len(CLASS_NAMES)
    is_better = betrayed.right_on_betraying > honest.right_on_betraying
    is_worse = betrayed.right_on_any < honest.right_on_any
    sentences = [
        f"Where the ground betrays the class, the second network is right on "
        f"{betrayed.right_on_betraying} pictures of {betrayed.pictures}, the first on "
        f"{honest.right_on_betraying}.",
        "By that score the second is the better one." if is_better else "",
        f"Where the ground says nothing, the second is right on {betrayed.right_on_any}, the first "
        f"on {honest.right_on_any}; guessing would be right on about {guessing}.",
        "**A score on photos of the same kind cannot show this, for their ground betrays the class "
        "too. The explanation can.**"
        if is_worse
        else "",
    ]
    return " ".join(filter(None, sentences))


def training() -> None:
    """Show the form that trains a new pair, or how far the visitor's latest one is."""
    st.markdown("**Does it come out again?** Train two new networks, on insects of their own.")
    latest = next(iter(shortcut.own_pairs()), None)
    if latest and latest.goes_on:
        st.fragment(_watch, run_every=1.0)()
        return
    if latest and not latest.is_ready:
        _say_why(latest)
    _form()


def _form() -> None:
    bias = st.slider(
        "Of the second network's pictures, how many have ground that betrays the class?",
        10,
        100,
        100,
        step=10,
        format="%d %%",
        key="lab-bias",
        persist_state="session",
        help="The first network's pictures have any ground.",
    )
    if st.button("Train both again on this machine", type="primary", icon=":material/play_arrow:"):
        try:
            shortcut.train_both(bias / 100)
        except InsectsError as error:
            st.error(shared.plain(str(error)), icon=":material/block:")
            return
        st.rerun()
    st.caption("It takes a few minutes, and goes on when you leave this page.")


def _say_why(pair: Pair) -> None:
    """Say how the last training ended that left no two networks."""
    for run in pair.both:
        state, why = run.status
        if state != "finished":
            words = shared.plain(why or state)
            st.warning(f"The last training gave no two networks: {words}.", icon=":material/error:")
            return


def _watch() -> None:
    """Draw the trainings as far as they are; runs again and again while they go on."""
    pair = next(iter(shortcut.own_pairs()), None)
    if pair is None or not pair.goes_on:
        st.session_state["lab-has-trained"] = True
        st.rerun()  # once more in whole, with what has been trained
    names = titles(pair)
    for number, (run, name) in enumerate(zip(pair.both, names, strict=True)):
        st.html(f'<span style="color:{figures.class_colour(number)}">■</span> {name}')
        if run.is_alive:
            one_run.progress(run)
        else:
            st.progress(1.0, text=one_run.STATE_WORDS[run.status[0]][1].capitalize())
    drawn = [one_run.curves_of(run, name) for run, name in zip(pair.both, names, strict=True)]
    one_run.curves([one for one in drawn if one])
    st.button("Stop both", icon=":material/stop:", on_click=shortcut.stop, args=(pair,))
