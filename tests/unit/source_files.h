// Reads the project's own sources, for the tests that check how they are written.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace couponctl::test {

struct SourceFile {
  std::string path;  // from the project's root: lib/core/parse.h
  std::string text;
};

// Every .h and .cpp under lib/ and cmd/.
inline std::vector<SourceFile> source_files() {
  namespace fs = std::filesystem;
  const fs::path root = COUPONCTL_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const auto* folder : {"lib", "cmd"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream file(entry.path());
      files.push_back({entry.path().lexically_relative(root).generic_string(),
                       std::string(std::istreambuf_iterator<char>(file), {})});
    }
  return files;
}

}  // namespace couponctl::test
