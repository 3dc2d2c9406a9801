package io.sparkpeft.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class JinjaTemplateTest {

  /** What {@code reference/templates.py} had transformers render. */
  record Golden(
      String name, String template, Map<String, Object> variables, String expected, String error) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Golden> goldens() throws IOException {
    try (InputStream in = JinjaTemplateTest.class.getResourceAsStream("../templates.json")) {
      List<Golden> goldens = new ObjectMapper().readValue(in, new TypeReference<>() {});
      return goldens.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void rendersAsTransformers(Golden golden) {
    JinjaTemplate template = JinjaTemplate.parse(golden.template());
    if (golden.error() == null) {
      assertThat(template.render(golden.variables())).isEqualTo(golden.expected());
    } else {
      assertThatThrownBy(() -> template.render(golden.variables()))
          .isInstanceOf(JinjaException.class)
          .hasMessage(golden.error());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        "{% if x %}@line 1: missing",
        "{{ x@line 1: '}}' is missing",
        "{{ 'x }}@line 1: a text does not end",
        "{% include 'a' %}@line 1: unknown tag 'include'",
        "{{ 1|shout }}@line 1: there is no filter 'shout'",
        "{{ 1 is loud }}@line 1: there is no test 'loud'",
        "{{ [1 2] }}@line 1: expected ','",
        "{# x@line 1: '#}' is missing",
      })
  void sayWhatIsWrongWithATemplate(String template, String message) {
    assertThatThrownBy(() -> JinjaTemplate.parse(template))
        .isInstanceOf(JinjaException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        "{{ x.y }}@'x' is undefined",
        "{{ x() }}@line 1: 'x' is undefined",
        "{{ x + 1 }}@line 1: 'x' is undefined",
        "{{ 1 + 'a' }}@cannot compute 1 + 'a'",
        "{{ 1 // 0 }}@division by zero",
        "{{ 1 < 'a' }}@cannot compare 1 with 'a'",
        "{{ 'a'() }}@line 1: 'a' cannot be called",
        "{% for a, b in [[1]] %}{% endfor %}@1 values for the names a, b",
        "{% set n.x = 1 %}@'n' is no namespace",
      })
  void sayWhatWentWrong(String template, String message) {
    assertThatThrownBy(() -> JinjaTemplate.parse(template).render(Map.of()))
        .isInstanceOf(JinjaException.class)
        .hasMessage(message);
  }

  @Test
  void noneIsAValueAndNotUndefined() {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("x", null);
    assertThat(JinjaTemplate.parse("{{ x is defined }}{{ x is none }}").render(variables))
        .isEqualTo("TrueTrue");
  }

  @Test
  void renderingsDoNotKnowOfEachOther() {
    JinjaTemplate template = JinjaTemplate.parse("{{ x }}{% set x = 2 %}{{ x }}");
    assertThat(template.render(Map.of())).isEqualTo("2");
    assertThat(template.render(Map.of())).isEqualTo("2");
  }

  @Test
  void timeIsToldAsByStrftime() {
    assertThat(Functions.time(LocalDateTime.of(2026, 3, 9, 14, 5, 7), "%d %b %Y, %A %H:%M:%S %I%%"))
        .isEqualTo("09 Mar 2026, Monday 14:05:07 02%");
  }
}
