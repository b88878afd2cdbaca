"""Templates are compiled at the start, so that nobody waits for them."""

from calltrace.web.render import environment, templates, warm


def test_after_a_start_every_template_is_compiled() -> None:
    warm()
    names = set(templates.list_templates(extensions=["html"]))
    assert len(names) > 50
    assert templates.cache is not None
    assert {name for _, name in templates.cache.keys()} >= names  # noqa: SIM118 - no dict


def test_an_environment_of_its_own_shares_nothing_that_was_compiled() -> None:
    assert not list(environment().cache or ())
