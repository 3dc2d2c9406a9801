package io.sparkpeft.api;

import io.sparkpeft.data.TokenizedExample;
import io.sparkpeft.text.TokenTexts;
import io.sparkpeft.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An example as training sees it: every token, and whether the model is to predict it.
 *
 * @param sample its place in the token table, from 0
 */
public record LabelledText(long sample, List<Token> tokens) {
  public LabelledText {
    tokens = List.copyOf(tokens);
  }

  /**
   * @param text what it stands for; empty where a character goes on in the next token
   * @param target whether it is to be predicted; else it is masked: read, and not learned
   */
  public record Token(int id, String text, boolean target) {}

  static LabelledText of(long sample, TokenizedExample example, Tokenizer tokenizer) {
    List<String> texts = TokenTexts.of(tokenizer, example.tokens());
    List<Token> tokens = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      tokens.add(new Token(example.tokens()[i], texts.get(i), example.targets()[i]));
    }
    return new LabelledText(sample, tokens);
  }

  /** The whole text, special tokens included. */
  public String text() {
    return tokens.stream().map(Token::text).collect(Collectors.joining());
  }

  /** What the model is to predict of it. */
  public String targetText() {
    return tokens.stream().filter(Token::target).map(Token::text).collect(Collectors.joining());
  }

  public long targetCount() {
    return tokens.stream().filter(Token::target).count();
  }
}
