package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.sparkpeft.base.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonJsonTest {

  /** Right: what Python 3 prints for the number on the left. */
  @ParameterizedTest
  @CsvSource({
    "0.0, 0.0",
    "-0.0, -0.0",
    "0.05, 0.05",
    "0.1, 0.1",
    "16, 16.0",
    "1.5, 1.5",
    "-2.25, -2.25",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "0.000012345, 1.2345e-05",
    "1e15, 1000000000000000.0",
    "1e16, 1e+16",
    "1.25e100, 1.25e+100",
    "2e-3, 0.002",
    "2.2e-322, 2.2e-322",
    "0.30000000000000004, 0.30000000000000004",
  })
  void writesNumbersAsPython(double value, String expected) {
    assertThat(PythonJson.number(value)).isEqualTo(expected);
  }

  @Test
  void writesContainersAndEscapesAsPython() throws JsonProcessingException {
    String json = "{\"b\":[1,[],{}],\"a\":{\"x\":null,\"é\":\"ü\\n\\\"\\u0001\\u007f🍵\"}}";
    assertThat(PythonJson.dumps(Json.parse(json)))
        .isEqualTo(
            """
            {
              "a": {
                "x": null,
                "\\u00e9": "\\u00fc\\n\\"\\u0001\u007f\\ud83c\\udf75"
              },
              "b": [
                1,
                [],
                {}
              ]
            }""");
  }
}
