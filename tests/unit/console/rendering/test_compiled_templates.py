# SPDX-License-Identifier: AGPL-3.0-or-later
"""A template is compiled once for several environments, and anew when it has changed."""

from collections.abc import Callable

from jinja2 import DictLoader, Environment

from anpr.console.rendering.compiled_templates import CompiledTemplates


class CountingEnvironment(Environment):
    """Counts what it compiles."""

    compiled = 0

    def _generate(self, *given: object, **named: object) -> str:
        type(self).compiled += 1
        generate: Callable[..., str] = super()._generate
        return generate(*given, **named)


def test_a_template_is_compiled_once_for_all_environments_until_it_changes() -> None:
    cache = CompiledTemplates()
    pages = {"page.html": "{{ plate }}!"}
    for _ in range(2):
        environment = CountingEnvironment(loader=DictLoader(pages), bytecode_cache=cache)
        assert environment.get_template("page.html").render(plate="AB123CD") == "AB123CD!"
    assert CountingEnvironment.compiled == 1
    pages["page.html"] = "{{ plate }}?"
    environment = CountingEnvironment(loader=DictLoader(pages), bytecode_cache=cache)
    assert environment.get_template("page.html").render(plate="AB123CD") == "AB123CD?"
