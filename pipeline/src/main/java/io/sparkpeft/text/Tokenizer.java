package io.sparkpeft.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A Hugging Face tokenizer as its {@code tokenizer.json} describes it: never truncating, never
 * padding. Offsets count what a token really covers, so a byte-level token's leading blank belongs
 * to it. Instances may be used by many threads at once.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Map<String, String> OPTIONS =
      Map.of("padding", "false", "truncation", "false");

  private final TokenizerFiles files;
  private final HuggingFaceTokenizer delegate;
  private final Vocabulary vocabulary;
  private final OptionalInt bosId;
  private final OptionalInt eosId;

  private Tokenizer(TokenizerFiles files, HuggingFaceTokenizer delegate) {
    this.files = files;
    this.delegate = delegate;
    this.vocabulary = Vocabulary.of(files.tokenizer());
    this.bosId = idOf("bos_token", files.bosText());
    this.eosId = idOf("eos_token", files.eosText());
  }

  /**
   * @param folder with a tokenizer.json
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is none, (65) if it cannot be used
   */
  public static Tokenizer open(Path folder) {
    return open(TokenizerFiles.read(folder));
  }

  /** The tokenizer of files that were read elsewhere. */
  public static Tokenizer open(TokenizerFiles files) {
    goOffline();
    byte[] json = exact(files.tokenizer()).getBytes(StandardCharsets.UTF_8);
    try {
      return new Tokenizer(
          files, HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS));
    } catch (IOException | RuntimeException e) {
      throw TextErrors.unusableTokenizer(files.folder(), e);
    }
  }

  /** Must come before DJL's first native call, which otherwise reports home. */
  private static void goOffline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  /** The description without truncation and padding, and with offsets that are not trimmed. */
  private static String exact(JsonNode description) {
    ObjectNode copy = description.deepCopy();
    copy.putNull("truncation");
    copy.putNull("padding");
    copy.findParents("trim_offsets")
        .forEach(parent -> ((ObjectNode) parent).put("trim_offsets", false));
    return Json.compact(copy);
  }

  /**
   * @param addSpecialTokens whether to add what the tokenizer adds by itself, such as BOS
   */
  public Encoding encode(String text, boolean addSpecialTokens) {
    // DJL's own encode also makes a text and five numbers per token, which nobody here needs.
    long encoding = TokenizersLibrary.LIB.encode(delegate.getHandle(), text, addSpecialTokens);
    try {
      int[] ids = narrow(TokenizersLibrary.LIB.getTokenIds(encoding));
      return located(text, ids, TokenizersLibrary.LIB.getTokenCharSpans(encoding));
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  private static Encoding located(String text, int[] ids, CharSpan[] spans) {
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    int[] chars = charsOfCodePoints(text);
    for (int i = 0; i < ids.length; i++) {
      starts[i] = spans[i] == null ? Encoding.ADDED : at(chars, spans[i].getStart());
      ends[i] = spans[i] == null ? Encoding.ADDED : at(chars, spans[i].getEnd());
    }
    return new Encoding(ids, starts, ends);
  }

  /** The text of tokens. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return delegate.decode(wide, skipSpecialTokens);
  }

  /** What new tokens add to a text; alone, some tokenizers lose their leading blank. */
  public String added(int[] text, int[] tokens) {
    int[] whole = Arrays.copyOf(text, text.length + tokens.length);
    System.arraycopy(tokens, 0, whole, text.length, tokens.length);
    String before = decode(text, true);
    String all = decode(whole, true);
    return all.startsWith(before) ? all.substring(before.length()) : decode(tokens, true);
  }

  public OptionalInt bosId() {
    return bosId;
  }

  public OptionalInt eosId() {
    return eosId;
  }

  /** What the model gets for text that has no token, where the vocabulary has such a token. */
  public OptionalInt unknownId() {
    return vocabulary.unknownId();
  }

  /** The highest id and one: added tokens and gaps included. */
  public int vocabularySize() {
    return vocabulary.size();
  }

  public Optional<String> chatTemplate() {
    return files.chatTemplate();
  }

  public OptionalInt modelMaxLength() {
    return files.modelMaxLength();
  }

  public TokenizerFiles files() {
    return files;
  }

  public String sha256() {
    return files.sha256();
  }

  @Override
  public void close() {
    delegate.close();
  }

  private OptionalInt idOf(String role, Optional<String> token) {
    if (token.isEmpty()) {
      return OptionalInt.empty();
    }
    OptionalInt id = vocabulary.id(token.get());
    if (id.isEmpty()) {
      throw TextErrors.specialTokenWithoutId(files.folder(), role, token.get());
    }
    return id;
  }

  /**
   * The tokenizer counts code points, Java counts chars. Empty where both are the same, which is
   * when no character needs a surrogate pair.
   */
  private static int[] charsOfCodePoints(String text) {
    int points = text.codePointCount(0, text.length());
    if (points == text.length()) {
      return new int[0];
    }
    int[] chars = new int[points + 1];
    for (int point = 0, index = 0; point <= points; point++) {
      chars[point] = index;
      index += point < points ? Character.charCount(text.codePointAt(index)) : 0;
    }
    return chars;
  }

  private static int at(int[] chars, int point) {
    return chars.length == 0 ? point : chars[point];
  }

  private static int[] narrow(long[] ids) {
    int[] result = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = Math.toIntExact(ids[i]);
    }
    return result;
  }
}
