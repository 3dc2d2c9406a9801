package io.sparkpeft.text;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The small tokenizers that {@code reference/tokenizer_files.py} made. */
public final class TestTokenizers {
  private TestTokenizers() {}

  /** GPT-2's kind: blanks belong to the word after them, every text has tokens; EOS, no BOS. */
  public static Path byteLevel() {
    return folder("byte_level");
  }

  /** LLaMA's kind: byte fallback, BOS added; BOS and EOS. */
  public static Path byteFallback() {
    return folder("byte_fallback");
  }

  /** One token per character; adds BOS and EOS by itself; has a chat template. */
  public static Path characters() {
    return folder("characters");
  }

  private static Path folder(String name) {
    try {
      return Path.of(TestTokenizers.class.getResource("tokenizers/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
