package io.sparkpeft.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What matters about the processor: libtorch, MKL and oneDNN choose their code by it.
 *
 * @param flags its features, as Linux names them
 */
record Processor(Set<String> flags) {
  private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");

  static Processor here() {
    try {
      return parse(Files.readString(DESCRIPTION));
    } catch (IOException e) {
      return new Processor(Set.of());
    }
  }

  static Processor parse(String cpuinfo) {
    Set<String> flags =
        Arrays.stream(value(cpuinfo, "flags").split(" ")).collect(Collectors.toUnmodifiableSet());
    return new Processor(flags);
  }

  /** Those of the instruction sets that change the code paths, joined by a plus sign. */
  String instructionSet() {
    String known =
        Stream.of("avx2", "avx512f", "avx512_bf16", "amx_bf16")
            .filter(flags::contains)
            .collect(Collectors.joining("+"));
    return known.isEmpty() ? "baseline" : known;
  }

  boolean multipliesBfloat16() {
    return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
  }

  private static String value(String cpuinfo, String key) {
    return cpuinfo
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }
}
