"""Validation errors of declarations are reported in the user's language."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from toolkit._internal.validation_messages import describe_error
from toolkit.domain.learning_path import Card
from toolkit.errors import InputError
from toolkit.exercises.course.yaml_models import load_yaml_model
from toolkit.i18n import use_language
from toolkit.practice import Config, Practice


@pytest.mark.parametrize(
    ("data", "en", "fr"),
    [
        ({"grading": {"workers": "many"}}, "it should be a whole number", "il faut un nombre entier"),
        ({"grading": {"timeout_seconds": -3}}, "it should be more than 0.0", "il faut plus de 0.0"),
        ({"sessions": {"minutes": 500}}, "it should be at most 240", "il faut 240 au plus"),
        ({"practice": {"language": "de"}}, "it should be 'en', 'fr'", "il faut 'en', 'fr'"),
        ({"practice": {"langage": "fr"}}, "there is no such setting", "ce réglage n’existe pas"),
        ({"practice": 3}, "it should be a group of settings, each with its name", "un ensemble de réglages"),
    ],
)
def test_settings(data, en, fr):
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(data)
    (error,) = caught.value.errors()
    with use_language("en"):
        assert describe_error(error) == en
    with use_language("fr"):
        assert fr in describe_error(error)


def test_a_configuration_that_is_no_text(tmp_path):
    (tmp_path / "mentoring.toml").write_bytes(b"\xff\xfe")
    with use_language("en"), pytest.raises(InputError, match="it is not text in UTF-8"):
        Practice(tmp_path).config  # noqa: B018 - reading it is the test


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "`it`: it should be a group of settings"),
        ("title: {en: A, fr: B}\nx: \x00", "line 2: this is no YAML: special characters are not allowed"),
        ("id: [", "line 1: this is no YAML"),
        ("[" * 10_000, "this is no YAML: RecursionError"),
    ],
)
def test_a_file_that_declares_nothing(tmp_path, text, said):
    file = tmp_path / "it.yaml"
    file.write_text(text)
    with use_language("en"), pytest.raises(InputError) as caught:
        load_yaml_model(file, Card)
    assert said in str(caught.value)
