package io.sparkpeft.spark.table;

import io.sparkpeft.text.Tokenizer;
import io.sparkpeft.text.TokenizerFiles;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One tokenizer per executor process, whatever the number of its tasks: opening one takes as long
 * as tokenizing thousands of records. They live as long as the process.
 */
final class Tokenizers {
  private static final Map<String, Tokenizer> OPEN = new ConcurrentHashMap<>();

  private Tokenizers() {}

  static Tokenizer of(TokenizerFiles files) {
    return OPEN.computeIfAbsent(files.sha256(), sha256 -> Tokenizer.open(files));
  }
}
