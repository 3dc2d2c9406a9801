package io.sparkpeft.model;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Keys and values of the last prompt and its answer. A prompt that begins as they do, as the next
 * turn of a conversation does, is read from where it differs. Results differ from those without it
 * as those of other batch sizes do: by rounding.
 */
public final class PromptCache implements AutoCloseable {
  private Optional<Entry> last = Optional.empty();

  /**
   * @param scope where the cache lives
   * @param tokens whose keys and values are known, after an adapter's virtual ones
   */
  private record Entry(
      NDManager scope, Optional<Adapter> adapter, int virtualTokens, int[] tokens, KvCache cache) {}

  /** How many tokens of a prompt need not be read again; never all of them. */
  public int shared(Decoder decoder, Prompt prompt) {
    return last.filter(entry -> isOfUse(entry, decoder, prompt))
        .map(entry -> alike(entry.tokens(), prompt.tokens()))
        .orElse(0);
  }

  private static boolean isOfUse(Entry entry, Decoder decoder, Prompt prompt) {
    int outgrown = decoder.config().outgrownLength().orElse(Integer.MAX_VALUE);
    int longest = Math.max(entry.tokens().length, prompt.tokens().length);
    return entry.adapter().equals(prompt.adapter()) && entry.virtualTokens() + longest < outgrown;
  }

  private static int alike(int[] known, int[] prompt) {
    int differs = Arrays.mismatch(known, prompt);
    return Math.min(differs < 0 ? prompt.length : differs, prompt.length - 1);
  }

  /** What stands before the prompt's tokens that are still to be read; nothing if all are. */
  List<Past> before(NDManager scope, int shared) {
    return shared == 0
        ? List.of()
        : last.map(entry -> entry.cache().past(scope, entry.virtualTokens() + (long) shared))
            .orElseThrow();
  }

  /**
   * Keeps another text instead.
   *
   * @param scope of the cache alone; it is closed with this
   */
  void keep(NDManager scope, Answer answer, KvCache cache) {
    int[] known = Arrays.copyOf(answer.text(), Math.toIntExact(answer.lastPosition()));
    int virtualTokens = Decoder.virtualTokens(answer.adapter());
    clear();
    last = Optional.of(new Entry(scope, answer.adapter(), virtualTokens, known, cache));
  }

  /** Forgets it, and lets go of its memory. */
  public void clear() {
    last.ifPresent(entry -> entry.scope().close());
    last = Optional.empty();
  }

  @Override
  public void close() {
    clear();
  }
}
