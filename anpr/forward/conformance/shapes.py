# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases about files and images: an empty day, a full file, a repeat, and each way in which images come or do not."""

from collections.abc import Iterator, Mapping

from anpr.domain.transit import ImageRole
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.drawing import Drawing, DrawnRecord
from anpr.forward.conformance.images import damaged, too_large
from anpr.forward.profile.image_rule import ImageRule

_MOST_WITH_IMAGES = 50
"""Records of a full file where each must have an image."""
_ROLES = {ImageRole.PLATE: "della targa", ImageRole.CONTEXT: "del contesto"}


def shape_cases(drawing: Drawing) -> Iterator[ConformanceCase]:
    """One case for each shape of a file."""
    yield drawing.case("empty-day", "Giorno senza transiti", "Nessun transito.", (), expected=ExpectedOutcome.NOTHING)
    yield drawing.case(
        "repeat",
        "Lo stesso file due volte",
        "Un file di un transito, inviato due volte con lo stesso nome e gli stessi byte, come dopo una linea caduta.",
        [drawing.record()],
        times=2,
        question="Il centro ha un solo transito, e non due?",
    )
    yield _full_file(drawing)


def image_cases(drawing: Drawing) -> Iterator[ConformanceCase]:
    """Each way in which images come or do not."""
    rules = drawing.profile.images
    if not rules:
        yield drawing.without("images", "Immagini", "Il profilo non invia immagini.")
        return
    yield _with(drawing, "images-none", "Senza immagini", ())
    for rule in rules if len(rules) > 1 else ():
        yield _with(drawing, f"images-only-{rule.role}", f"Solo l'immagine {_ROLES[rule.role]}", (rule,))
    yield _with(drawing, "images-all", "Con tutte le immagini", rules)
    for rule in rules:
        yield _beyond(drawing, rule, broken=False)
        yield _beyond(drawing, rule, broken=True)


def _full_file(drawing: Drawing) -> ConformanceCase:
    most = drawing.profile.batch_size
    if any(rule.required for rule in drawing.profile.images):
        most = min(most, _MOST_WITH_IMAGES)
    told = "Tanti transiti quanti il profilo ne mette in un file"
    return drawing.case("full-file", "File pieno", f"{told}: {most}.", [drawing.record() for _ in range(most)])


def _with(drawing: Drawing, id: str, title: str, present: tuple[ImageRule, ...]) -> ConformanceCase:
    roles = {rule.role for rule in present}
    lacks = any(rule.required and rule.role not in roles for rule in drawing.profile.images)
    record = drawing.record()
    images = {role: drawing.image(role, record.transit.plate) for role in roles}
    told = "Un transito con " + " e ".join(f"l'immagine {_ROLES[rule.role]}" for rule in present)
    return drawing.case(
        id,
        title,
        f"{told}." if present else "Un transito senza immagini.",
        [_exactly(drawing, record, images)],
        expected=ExpectedOutcome.REFUSED_HERE if lacks else ExpectedOutcome.ACCEPTED,
        question="Ogni immagine si vede, ed è del suo transito?" if present and not lacks else "",
    )


def _beyond(drawing: Drawing, rule: ImageRule, *, broken: bool) -> ConformanceCase:
    record = drawing.record()
    data = too_large(rule.role, record.transit.plate, rule)
    data = damaged(data) if broken else data
    squeezed = rule.too_large == "recompress" and not broken
    refused = not squeezed and (rule.required or rule.too_large == "reject")
    question = "" if refused else "Il transito è accettato senza quell'immagine?"
    if squeezed:
        question = "L'immagine, rimpicciolita o compressa, si legge ancora?"
    return drawing.case(
        f"image-{'damaged' if broken else 'too-large'}-{rule.role}",
        f"Immagine {_ROLES[rule.role]} {'danneggiata' if broken else 'troppo grande'}",
        f"Un transito con un'immagine {_ROLES[rule.role]} oltre i limiti"
        + (", di cui mancano gli ultimi byte." if broken else f": {len(data)} byte, al massimo {rule.max_bytes}."),
        [drawing.with_images(record, {rule.role: data})],
        expected=ExpectedOutcome.REFUSED_HERE if refused else ExpectedOutcome.ACCEPTED,
        question=question,
    )


def _exactly(drawing: Drawing, record: DrawnRecord, images: Mapping[ImageRole, bytes]) -> DrawnRecord:
    return drawing.with_images(DrawnRecord(record.transit, record.gate, {}), images)
