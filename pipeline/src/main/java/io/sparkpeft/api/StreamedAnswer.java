package io.sparkpeft.api;

import io.sparkpeft.model.GenerationSettings.Stop;
import io.sparkpeft.text.StopStrings;
import io.sparkpeft.text.Tokenizer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Hands an answer on while it grows: only what no later token can change, so neither the first
 * bytes of a letter nor what may become a stop string. (Bytes that never become letters can still
 * end up otherwise than they were shown.)
 */
final class StreamedAnswer implements Stop {
  /** What a decoder shows for bytes that are no whole letter yet. */
  private static final char INCOMPLETE = '\uFFFD';

  private final Tokenizer tokenizer;
  private final StopStrings stops;
  private final Consumer<String> listener;
  private final BooleanSupplier interrupted;
  private int told;

  StreamedAnswer(
      Tokenizer tokenizer,
      StopStrings stops,
      Consumer<String> listener,
      BooleanSupplier interrupted) {
    this.tokenizer = tokenizer;
    this.stops = stops;
    this.listener = listener;
    this.interrupted = interrupted;
  }

  @Override
  public boolean isReached(int[] prompt, int[] answer) {
    String text = tokenizer.added(prompt, answer);
    if (stops.areIn(text)) {
      return true;
    }
    tell(stops.certain(whole(text)));
    return interrupted.getAsBoolean();
  }

  /** The whole answer, the rest of which is handed on now. */
  String ended(int[] prompt, int[] answer) {
    String text = stops.cut(tokenizer.added(prompt, answer));
    tell(text);
    return text;
  }

  private void tell(String text) {
    if (text.length() > told) {
      listener.accept(text.substring(told));
      told = text.length();
    }
  }

  private static String whole(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == INCOMPLETE) {
      end--;
    }
    return text.substring(0, end);
  }
}
