"""Whatever people and listings write, one paper has one id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.ids import arxiv_id, canonical_id, doi_of


@pytest.mark.parametrize(
    "text",
    [
        "2401.01234",
        "2401.01234v3",
        " arXiv:2401.01234v2 [cs.RO] ",
        "ARXIV:2401.01234",
        "oai:arXiv.org:2401.01234v1",
        "arxiv:2401.01234",
        "https://arxiv.org/abs/2401.01234",
        "http://www.arxiv.org/abs/2401.01234v2?context=cs",
        "https://arxiv.org/pdf/2401.01234.pdf",
        "https://arxiv.org/pdf/2401.01234v1",
        "https://arxiv.org/html/2401.01234v1#S3",
        "https://export.arxiv.org/abs/2401.01234",
        "arxiv.org/abs/2401.01234",
        "<https://arxiv.org/abs/2401.01234>",
        "https://huggingface.co/papers/2401.01234",
        "https://hf.co/papers/2401.01234",
        "https://huggingface.co/papers/2401.01234.md",
        "https://www.alphaxiv.org/abs/2401.01234",
        "https://alphaxiv.org/overview/2401.01234v2",
        "10.48550/arXiv.2401.01234",
        "doi:10.48550/arXiv.2401.01234",
        "https://doi.org/10.48550/arXiv.2401.01234",
    ],
)
def test_all_names_of_one_paper(text):
    assert canonical_id(text) == "arxiv:2401.01234"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("hep-ex/0307015", "arxiv:hep-ex/0307015"),
        ("arXiv:hep-ex/0307015v2", "arxiv:hep-ex/0307015"),
        ("https://arxiv.org/abs/hep-ex/0307015", "arxiv:hep-ex/0307015"),
        ("https://arxiv.org/pdf/hep-ex/0307015v1.pdf", "arxiv:hep-ex/0307015"),
        ("math.GT/0309136", "arxiv:math/0309136"),
        ("0704.0002", "arxiv:0704.0002"),
        ("10.1101/2024.01.02.573943", "doi:10.1101/2024.01.02.573943"),
        ("https://doi.org/10.1038/S41586-021-03819-2", "doi:10.1038/s41586-021-03819-2"),
        ("https://dx.doi.org/10.1000%2Fxyz", "doi:10.1000/xyz"),
        ("doi: 10.1000/xyz.", "doi:10.1000/xyz"),
        (
            "https://www.biorxiv.org/content/10.1101/2024.01.02.573943v2.full.pdf",
            "doi:10.1101/2024.01.02.573943",
        ),
        (
            "https://www.medrxiv.org/content/10.64898/2026.05.07.26352693v1",
            "doi:10.64898/2026.05.07.26352693",
        ),
    ],
)
def test_other_papers(text, canonical):
    assert canonical_id(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "diffusion",
        "2413.01234",
        "2401.123",
        "2401.0123456",
        "1.5/1234567",
        "https://arxiv.org/",
        "https://arxiv.org/list/cs.CL/new",
        "https://evil.org/abs/2401.01234",
        "https://notarxiv.org/abs/2401.01234",
        "https://arxiv.org.evil.org/abs/2401.01234",
        "https://huggingface.co/models/2401.01234",
        "ftp://arxiv.org/abs/2401.01234",
        "http://[::1",
        "javascript:alert(1)",
        "10.12/abc",
        "x" * 100_000,
        "2401.٠١٢٣٤",
    ],
)
def test_what_names_no_paper(text):
    assert canonical_id(text) is None


def test_the_version_is_told():
    found = arxiv_id("2401.01234v12")
    assert found is not None
    assert (found.base, found.version, found.canonical) == ("2401.01234", 12, "arxiv:2401.01234")


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error_and_a_canonical_id_names_itself(text):
    doi_of(text)
    canonical = canonical_id(text)
    if canonical is not None:
        assert canonical_id(canonical) == canonical
