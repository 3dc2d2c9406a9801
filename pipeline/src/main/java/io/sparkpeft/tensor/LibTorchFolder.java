package io.sparkpeft.tensor;

import ai.djl.util.Utils;
import io.sparkpeft.base.BaseErrors;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A libtorch to take instead of the one in our jar of natives: {@code torch/lib} of an installed
 * torch. {@code PYTORCH_LIBRARY_PATH} names it, in the environment or as a system property.
 *
 * <p>DJL's library between Java and libtorch (its JNI library) is compiled against one version.
 * Another one's objects are laid out otherwise: libtorch would crash the process or compute
 * nonsense, and no missing symbol would tell. So the version is read beforehand.
 */
record LibTorchFolder(Path path) {
  private static final String VARIABLE = "PYTORCH_LIBRARY_PATH";
  private static final String LIBTORCH = "libtorch.so";
  private static final String OWN_JNI = "libdjl_torch.so";

  /** What the JNI library in DJL's jar was compiled against. */
  static final String STOCK_VERSION = "2.7.1";

  /** What it fits: tried, for objects are laid out alike. */
  private static final Pattern FITTING = Pattern.compile("2\\.[78]\\..*");

  private static final Pattern VERSION_LINE =
      Pattern.compile("(?m)^__version__ *= *['\"]([^'\"]+)['\"]");

  /**
   * The folder that is named, if one is.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if no libtorch lies there
   */
  static Optional<LibTorchFolder> named() {
    return Optional.ofNullable(Utils.getEnvOrSystemProperty(VARIABLE)).map(LibTorchFolder::of);
  }

  /**
   * @param value folders with the separator of paths between them, of which the first with a
   *     libtorch counts
   */
  static LibTorchFolder of(String value) {
    return Arrays.stream(value.split(File.pathSeparator))
        .map(Path::of)
        .filter(folder -> Files.isRegularFile(folder.resolve(LIBTORCH)))
        .findFirst()
        .map(LibTorchFolder::new)
        .orElseThrow(() -> TensorErrors.noLibTorch(value));
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if the JNI library would not fit it
   */
  void check() {
    if (Files.exists(path.resolve(OWN_JNI))) {
      return;
    }
    String version = version().orElseThrow(() -> TensorErrors.unknownLibTorch(path));
    if (!FITTING.matcher(version).matches()) {
      throw TensorErrors.libTorchDoesNotFit(path, version);
    }
  }

  /** Its version, as torch/version.py of a wheel or the file build-version of a zip says. */
  Optional<String> version() {
    Path above = path.toAbsolutePath().normalize().getParent();
    for (Path file : List.of(above.resolve("version.py"), above.resolve("build-version"))) {
      if (Files.isRegularFile(file)) {
        return Optional.of(version(file));
      }
    }
    return Optional.empty();
  }

  private static String version(Path file) {
    try {
      String text = Files.readString(file);
      Matcher line = VERSION_LINE.matcher(text);
      return line.find() ? line.group(1) : text.strip();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /**
   * Tells DJL to put its CPU library between: registered kernels of a GPU work through it too, and
   * those for GPUs fail where there is no driver.
   */
  void configure() {
    setUnlessSet("PYTORCH_VERSION", STOCK_VERSION);
    setUnlessSet("PYTORCH_FLAVOR", "cpu");
  }

  private static void setUnlessSet(String name, String value) {
    if (Utils.getEnvOrSystemProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
