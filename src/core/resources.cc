#include "axia/core/resources.h"

#include <cstdlib>
#include <system_error>

#include "axia/core/error.h"

namespace axia::core {

namespace fs = std::filesystem;

fs::path resource_folder() {
    std::error_code code;
    return resource_folder(fs::read_symlink("/proc/self/exe", code));
}

fs::path resource_folder(const fs::path& executable) {
    std::error_code code;
    if (const char* share = std::getenv("AXIA_SHARE"); share != nullptr && *share != '\0') {
        if (fs::is_directory(share, code)) return share;
        throw Error(ErrorKind::not_found, "is not a folder", std::string("AXIA_SHARE=") + share,
                    "name the folder that holds models.yaml and values/");
    }
    const fs::path own = executable.parent_path();
    if (!own.empty()) {
        fs::path installed = (own / "../share/axia").lexically_normal();
        if (fs::is_directory(installed, code)) return installed;
        for (fs::path folder = own;; folder = folder.parent_path()) {
            if (fs::is_directory(folder / "values", code) &&
                fs::is_regular_file(folder / "models.yaml", code)) {
                return folder;
            }
            if (folder == folder.parent_path()) break;
        }
    }
    throw Error(ErrorKind::not_found, "the files that ship with axia are not there",
                (own / "../share/axia").lexically_normal().string(),
                "set AXIA_SHARE to the folder that holds models.yaml and values/");
}

}  // namespace axia::core
