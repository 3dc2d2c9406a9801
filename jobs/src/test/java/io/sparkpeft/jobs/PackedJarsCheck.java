package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** What the packed jars hold: ours in the one, machine code in the other, Spark's in neither. */
class PackedJarsCheck {
  private static final Path TARGET = Path.of("target");

  @Test
  void theJobsJarHasOurDependenciesAndNothingOfSpark() throws IOException {
    try (JarFile jar = jar("spark-peft-jobs-", "-all.jar")) {
      assertThat(names(jar))
          .contains(
              "io/sparkpeft/jobs/Main.class",
              "io/sparkpeft/recipe/Recipe.class",
              "ai/djl/ndarray/NDArray.class",
              "ai/djl/pytorch/jni/JniUtils.class",
              "ai/djl/huggingface/tokenizers/HuggingFaceTokenizer.class",
              "com/sun/jna/ptr/IntByReference.class",
              "picocli/CommandLine.class",
              "pytorch-engine.properties",
              "io/sparkpeft/shaded/config/Config.class")
          .noneMatch(name -> name.startsWith("org/apache/spark/"))
          .noneMatch(name -> name.startsWith("scala/"))
          .noneMatch(name -> name.startsWith("io/delta/"))
          .noneMatch(name -> name.startsWith("org/apache/hadoop/"))
          .noneMatch(name -> name.startsWith("org/slf4j/"))
          .noneMatch(name -> name.startsWith("com/fasterxml/jackson/databind/"))
          .noneMatch(name -> name.startsWith("com/google/common/"))
          .noneMatch(name -> name.startsWith("com/google/gson/"))
          .noneMatch(name -> name.matches(".*\\.(so|dll|dylib|jnilib|a)(\\.\\d+)?"))
          .noneMatch(name -> name.matches("META-INF/.*\\.(SF|DSA|RSA)"));
    }
  }

  @Test
  void servicesAreMerged() throws IOException {
    try (JarFile jar = jar("spark-peft-jobs-", "-all.jar")) {
      ZipEntry services = jar.getEntry("META-INF/services/ai.djl.engine.EngineProvider");
      String text = new String(jar.getInputStream(services).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(text)
          .contains(
              "ai.djl.pytorch.engine.PtEngineProvider", "ai.djl.engine.rust.RsEngineProvider");
    }
  }

  @Test
  void theJarOfNativesHasThemAllAndNoClass() throws IOException {
    try (JarFile jar = jar("spark-peft-natives-", ".jar")) {
      assertThat(names(jar))
          .contains(
              "pytorch/cpu/linux-x86_64/libtorch_cpu.so",
              "native/lib/pytorch.properties",
              "native/lib/tokenizers.properties",
              "native/lib/linux-x86_64/cpu/libtokenizers.so",
              "jnilib/pytorch.properties",
              "jnilib/linux-x86_64/cpu/libdjl_torch.so",
              "com/sun/jna/linux-x86-64/libjnidispatch.so")
          .noneMatch(name -> name.endsWith(".class"));
    }
  }

  private static List<String> names(JarFile jar) {
    return jar.stream().map(ZipEntry::getName).toList();
  }

  private static JarFile jar(String prefix, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(TARGET)) {
      List<Path> found =
          files
              .filter(file -> file.getFileName().toString().startsWith(prefix))
              .filter(file -> file.getFileName().toString().endsWith(suffix))
              .toList();
      assertThat(found).hasSize(1);
      return new JarFile(found.get(0).toFile());
    }
  }
}
