package io.sparkpeft.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTextsTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "two  words", "naïve café 🙂 end", "日本語", "🙂"})
  void joinToTheWhole(String text) {
    for (Path path : List.of(TestTokenizers.byteLevel(), TestTokenizers.byteFallback())) {
      try (Tokenizer tokenizer = Tokenizer.open(path)) {
        int[] ids = tokenizer.encode(text, true).ids();
        List<String> texts = TokenTexts.of(tokenizer, ids);
        assertThat(texts).hasSize(ids.length);
        assertThat(String.join("", texts)).isEqualTo(tokenizer.decode(ids, false));
      }
    }
  }

  @Test
  void aCharacterOfSeveralTokensStandsWithTheLast() {
    try (Tokenizer tokenizer = Tokenizer.open(TestTokenizers.byteLevel())) {
      int[] ids = tokenizer.encode("🙂", false).ids();
      assertThat(ids).hasSizeGreaterThan(1);
      List<String> texts = TokenTexts.of(tokenizer, ids);
      assertThat(texts.subList(0, ids.length - 1)).containsOnly("");
      assertThat(texts.get(ids.length - 1)).isEqualTo("🙂");
    }
  }
}
