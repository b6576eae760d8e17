"""Formgrader's page has its formulas without another host; the browser's test looks at them."""

from tools.grading import formgrader
from tools.grading.course import Course


def test_the_course_s_settings_give_formgrader_mathjax_in_the_page(tmp_path):
    from nbconvert.exporters import HTMLExporter

    course = Course(tmp_path / "course").prepared()
    config = course.settings()
    config.HTMLExporter.template_name = "formgrade"  # as formgrader says itself
    exporter = HTMLExporter(config=config)
    environment = exporter.environment
    page = str(environment.get_template("mathjax.html.j2").module.mathjax("https://cdn.example.org/MathJax.js"))
    assert "example.org" not in page
    assert "MathJax.Hub" in page
    assert 1e6 < len(page) < 4e6
    assert "formgrade.css" in environment.loader.get_source(environment, "index.html.j2")[0]
    assert not {"href", "html", "require", "autoload"} & set(formgrader.PACKAGES)
