package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LibTorchFolderTest {
  @TempDir Path torch;
  private Path lib;

  @BeforeEach
  void putLibTorch() throws IOException {
    lib = Files.createDirectory(torch.resolve("lib"));
    Files.createFile(lib.resolve("libtorch.so"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.7.1+cu126", "2.7.0", "2.8.0+cpu"})
  void takesTheVersionsThatTheStockLibraryFits(String version) throws IOException {
    Files.writeString(
        torch.resolve("version.py"),
        "from typing import Optional\n\n__version__ = '%s'\ndebug = False\n".formatted(version));
    assertThat(folder().version()).contains(version);
    assertThatCode(() -> folder().check()).doesNotThrowAnyException();
  }

  @Test
  void readsTheVersionOfAZipToo() throws IOException {
    Files.writeString(torch.resolve("build-version"), "2.7.1+cpu\n");
    assertThat(folder().version()).contains("2.7.1+cpu");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.6.0+cu124", "2.9.1", "2.10.0+cu130", "2.17.1", "3.7.0"})
  void refusesOthersBeforeTheyCrash(String version) throws IOException {
    Files.writeString(torch.resolve("version.py"), "__version__ = '" + version + "'\n");
    assertThatThrownBy(() -> folder().check())
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageStartingWith("The libtorch in " + lib + " is of torch " + version + ".")
        .hasMessageContaining("fits 2.7 and 2.8")
        .hasMessageContaining("jobs/bin/build-jni");
  }

  @Test
  void takesAnyVersionWithAJniLibraryOfItsOwn() throws IOException {
    Files.writeString(torch.resolve("version.py"), "__version__ = '2.11.0'\n");
    Files.createFile(lib.resolve("libdjl_torch.so"));
    assertThatCode(() -> folder().check()).doesNotThrowAnyException();
  }

  @Test
  void refusesAVersionThatCannotBeTold() {
    assertThatThrownBy(() -> folder().check())
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageStartingWith("Cannot tell the version of the libtorch in " + lib + ".");
  }

  /** DJL would quietly take the libtorch of the jar instead. */
  @Test
  void aFolderWithoutLibTorchIsMissingInput() {
    assertThatThrownBy(() -> LibTorchFolder.of(torch.toString()))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageStartingWith("There is no libtorch in " + torch + ".");
  }

  @Test
  void ofSeveralFoldersTheFirstWithALibTorchCounts() {
    assertThat(LibTorchFolder.of(torch + File.pathSeparator + lib).path()).isEqualTo(lib);
  }

  private LibTorchFolder folder() {
    return LibTorchFolder.of(lib.toString());
  }
}
