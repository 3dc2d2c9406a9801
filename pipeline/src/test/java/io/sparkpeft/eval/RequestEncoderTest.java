package io.sparkpeft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequestEncoderTest {
  private static final int BOS = 1;
  private static final int MAX_LENGTH = Expected.part("max_length").asInt();

  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() {
    tokenizer = Tokenizer.open(Expected.resource("model"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  static List<String> tasks() {
    return Expected.tasks();
  }

  private static RequestEncoder encoder(int maxLength) {
    return new RequestEncoder(
        (text, special) -> tokenizer.encode(text, special).ids(), BOS, "<s>", maxLength);
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void splitsTheSameTokens(String task) {
    List<Document> documents =
        EvalTasks.load(List.of(task), Expected.resource("source"), OptionalInt.empty(), 0)
            .tasks()
            .get(0)
            .documents();
    RequestEncoder encoder = encoder(MAX_LENGTH);
    for (Document document : documents) {
      JsonNode expected = Expected.part("base").path(task).path("documents").path(document.id());
      for (Request request : document.requests(task)) {
        int[] continuation =
            ints(expected.path("requests").path(request.choice()).path("continuation_tokens"));
        assertSplit(encoder.encode(request), ints(expected.path("context_tokens")), continuation);
      }
    }
  }

  private static void assertSplit(TokenizedRequest ours, int[] context, int[] continuation) {
    int[] whole = IntStream.concat(Arrays.stream(context), Arrays.stream(continuation)).toArray();
    int kept = Math.min(whole.length, MAX_LENGTH + 1);
    assertThat(ours.tokens())
        .isEqualTo(Arrays.copyOfRange(whole, whole.length - kept, whole.length));
    assertThat(ours.continuationTokens()).isEqualTo(continuation.length);
    assertThat(ours.contextTokens()).isEqualTo(context.length);
    assertThat(ours.cutTokens()).isEqualTo(whole.length - kept);
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.path(i).asInt()).toArray();
  }

  /** One token per character, its code; special tokens are BOS before the text. */
  private static TokenizedRequest byCharacter(String context, String continuation, int maxLength) {
    TextEncoder characters =
        (text, special) ->
            IntStream.concat(special ? IntStream.of(BOS) : IntStream.empty(), text.chars())
                .toArray();
    return new RequestEncoder(characters, BOS, "<s>", maxLength)
        .encode(new Request("t", 3, 0, context, continuation));
  }

  @Test
  void whiteSpaceAtTheContextsEndBelongsToTheContinuation() {
    TokenizedRequest request = byCharacter("a \n", "b", 10);
    assertThat(request.tokens()).containsExactly(BOS, 'a', ' ', '\n', 'b');
    assertThat(request.from()).isEqualTo(2);
  }

  /** "ab" is one token of this tokenizer, which the whole text has and the context has not. */
  @Test
  void theContextKeepsItsOwnTokensWhereTheWholeTextJoinsThemDifferently() {
    TextEncoder joining = (text, special) -> text.replace("ab", "J").chars().toArray();
    TokenizedRequest request =
        new RequestEncoder(joining, BOS, "<s>", 10).encode(new Request("t", 0, 0, "xa", "bcd"));
    assertThat(request.tokens()).containsExactly('x', 'a', 'c', 'd');
    assertThat(request.from()).isEqualTo(2);
  }

  @Test
  void anEmptyContextIsThePrefixToken() {
    assertThat(byCharacter("", "ab", 10).tokens()).containsExactly(BOS, 'a', 'b');
    assertThat(byCharacter("", "\u0001ab", 10).tokens()).containsExactly(BOS, 'a', 'b');
    assertThat(byCharacter("", "\u0001ab", 10).from()).isEqualTo(1);
  }

  @Test
  void aTextThatBeginsWithThePrefixGetsNoOther() {
    assertThat(byCharacter("<s>a", "b", 10).tokens()).containsExactly('<', 's', '>', 'a', 'b');
  }

  @Test
  void theContextIsCutFromTheLeftToTheInputsAndTheLastTarget() {
    TokenizedRequest request = byCharacter("abcdef", "gh", 4);
    assertThat(request.tokens()).containsExactly('d', 'e', 'f', 'g', 'h');
    assertThat(request.from()).isEqualTo(3);
    assertThat(request.cutTokens()).isEqualTo(4);
  }

  @Test
  void aContinuationThatDoesNotFitOrIsEmptyIsRefused() {
    assertThatThrownBy(() -> byCharacter("a", "bcdef", 4))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining(
            "Choice 0 of document 3 of t has 5 tokens, and the model's context 4");
    assertThatThrownBy(() -> byCharacter("a", "", 4)).hasMessageContaining("no token of its own");
  }
}
