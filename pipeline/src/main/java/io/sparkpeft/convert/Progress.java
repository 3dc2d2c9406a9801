package io.sparkpeft.convert;

import io.sparkpeft.weights.NamedTensor;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Tells after every tenth of the bytes how far the writing of tensors is. */
final class Progress {
  private static final double MB = 1e6;
  private static final long STEPS = 10;

  private final Consumer<String> messages;
  private final long bytes;
  private long done;

  private Progress(Consumer<String> messages, long bytes) {
    this.messages = messages;
    this.bytes = bytes;
  }

  /** The same tensors, each counted when its values are asked for. */
  static List<NamedTensor> watched(
      List<NamedTensor> tensors, long bytes, Consumer<String> messages) {
    Progress progress = new Progress(messages, bytes);
    return tensors.stream()
        .map(tensor -> tensor.told(() -> progress.count(tensor.entry().bytes())))
        .toList();
  }

  private void count(long more) {
    long before = STEPS * done / bytes;
    done += more;
    if (STEPS * done / bytes > before) {
      messages.accept(String.format(Locale.ROOT, "%.1f of %.1f MB", done / MB, bytes / MB));
    }
  }
}
