"""What a page that is open can be asked about its looks; nothing stays changed."""

from typing import Any

from playwright.sync_api import Page

_CUT_OFF = """const cutOff = () => [...document.querySelectorAll("main *, header *")]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
        && getComputedStyle(one).overflowX === "visible" && getComputedStyle(one).display !== "inline")
    .map(one => one.outerHTML.slice(0, 120));
const wider = () => document.documentElement.scrollWidth > innerWidth ? ["the page itself"] : [];
"""
_LONGER = """
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), kept = [];
    const stays = "script, style, textarea, select, code, pre, svg";
    for (let one = texts.nextNode(); one; one = texts.nextNode())
        if (!one.parentElement.closest(stays)) kept.push([one, one.data]);
    for (const [one, said] of kept)
        one.data = said.replace(/\\p{L}{3,}/gu, word => word + "n".repeat(Math.ceil(word.length * 0.6)));
    const found = [...wider(), ...cutOff()];
    for (const [one, said] of kept) one.data = said;
    return found;
"""
_UNSEEN_FOCUS = """() => {
    const before = document.activeElement, place = [scrollX, scrollY], found = [];
    const shows = one => {
        const style = getComputedStyle(one);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    };
    const reached = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    for (const one of document.querySelectorAll(reached)) {
        if (one.type === "hidden" || one.disabled || !one.checkVisibility()) continue;
        one.focus({ preventScroll: true });
        if (document.activeElement !== one) continue;
        const beside = one.nextElementSibling;  // a pill: the box itself cannot be seen
        if (!shows(one) && !(beside && shows(beside))) found.push(one.outerHTML.slice(0, 120));
    }
    before === document.body ? document.activeElement.blur() : before.focus({ preventScroll: true });
    scrollTo(...place);
    return found;
}"""


def cut_off(page: Page) -> list[str]:
    """What does not fit: the page into the screen, or a text into its place."""
    return _asked(page, f"() => {{ {_CUT_OFF} return [...wider(), ...cutOff()]; }}")


def cut_off_when_longer(page: Page) -> list[str]:
    """The same in a language whose words are longer by three fifths, as short labels often are."""
    return _asked(page, f"() => {{ {_CUT_OFF} {_LONGER} }}")


def without_visible_focus(page: Page) -> list[str]:
    """What somebody at a keyboard reaches without seeing that they are there."""
    page.keyboard.press("Shift")  # from now on the browser takes whoever moves the focus for a keyboard
    return _asked(page, _UNSEEN_FOCUS)


def _asked(page: Page, script: str) -> list[str]:
    found: Any = page.evaluate(script)
    return found
