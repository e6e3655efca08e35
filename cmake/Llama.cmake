# libllama and llama-common (for its Jinja chat templates), as the target axia::llama.
#
#   AXIA_LLAMA=pinned   the build that tools/setup_llama.sh made in AXIA_LLAMA_PREFIX
#   AXIA_LLAMA=system   whatever find_package(llama) finds; llama-common and its headers must be installed beside it
set(AXIA_LLAMA "pinned" CACHE STRING "Where libllama comes from: pinned or system")
set_property(CACHE AXIA_LLAMA PROPERTY STRINGS pinned system)
set(AXIA_LLAMA_PREFIX "" CACHE PATH "Install prefix of the pinned libllama")

if(AXIA_LLAMA STREQUAL "pinned")
    if(NOT EXISTS "${AXIA_LLAMA_PREFIX}/complete")
        message(FATAL_ERROR "AXIA_LLAMA_PREFIX='${AXIA_LLAMA_PREFIX}' holds no finished build. Run ./run build, or tools/setup_llama.sh.")
    endif()
    list(PREPEND CMAKE_PREFIX_PATH "${AXIA_LLAMA_PREFIX}")
elseif(NOT AXIA_LLAMA STREQUAL "system")
    message(FATAL_ERROR "AXIA_LLAMA is '${AXIA_LLAMA}'; it can be pinned or system.")
endif()

# another prefix than last time: forget what was found in the old one
if(NOT "${AXIA_LLAMA_FOUND_IN}" STREQUAL "${AXIA_LLAMA}:${AXIA_LLAMA_PREFIX}")
    foreach(found llama_DIR ggml_DIR llama_LIBRARY GGML_LIBRARY GGML_BASE_LIBRARY GGML_CPU_LIBRARY AXIA_LLAMA_COMMON
            AXIA_LLAMA_COMMON_INCLUDE AXIA_HTTPLIB_INCLUDE AXIA_PART_llama-common-base AXIA_PART_vendor-hash AXIA_PART_cpp-httplib)
        unset(${found} CACHE)
    endforeach()
    set(AXIA_LLAMA_FOUND_IN "${AXIA_LLAMA}:${AXIA_LLAMA_PREFIX}" CACHE INTERNAL "")
endif()

find_package(Threads REQUIRED)
find_package(llama QUIET)
if(NOT llama_FOUND)
    message(FATAL_ERROR "No installed llama.cpp was found. Name its prefix with -DCMAKE_PREFIX_PATH=PREFIX, or use -DAXIA_LLAMA=pinned.")
endif()
find_library(AXIA_LLAMA_COMMON llama-common HINTS "${LLAMA_LIB_DIR}")
find_path(AXIA_LLAMA_COMMON_INCLUDE chat.h
    HINTS "${LLAMA_INCLUDE_DIR}/llama-common" "${LLAMA_INCLUDE_DIR}/llama.cpp/common"
    PATH_SUFFIXES llama-common)
if(NOT AXIA_LLAMA_COMMON OR NOT AXIA_LLAMA_COMMON_INCLUDE)
    message(FATAL_ERROR "The llama.cpp in ${LLAMA_LIB_DIR} has no llama-common library, or no headers of it in include/llama-common. "
        "docs/dependencies.md says what is wanted.")
endif()

# the header that the cpp-httplib inside llama-common was compiled from
find_path(AXIA_HTTPLIB_INCLUDE httplib.h HINTS "${LLAMA_INCLUDE_DIR}/llama-vendor" PATH_SUFFIXES llama-vendor NO_DEFAULT_PATH)
if(NOT AXIA_HTTPLIB_INCLUDE)
    message(FATAL_ERROR "No httplib.h of the llama.cpp in ${LLAMA_LIB_DIR} was found; name its folder with -DAXIA_HTTPLIB_INCLUDE=FOLDER.")
endif()

add_library(axia_llama INTERFACE)
add_library(axia::llama ALIAS axia_llama)
target_include_directories(axia_llama SYSTEM INTERFACE "${AXIA_LLAMA_COMMON_INCLUDE}" "${LLAMA_INCLUDE_DIR}")
target_link_libraries(axia_llama INTERFACE "${AXIA_LLAMA_COMMON}")
foreach(part llama-common-base vendor-hash cpp-httplib)
    find_library(AXIA_PART_${part} ${part} HINTS "${LLAMA_LIB_DIR}")
    if(AXIA_PART_${part})
        target_link_libraries(axia_llama INTERFACE "${AXIA_PART_${part}}")
    endif()
endforeach()
target_link_libraries(axia_llama INTERFACE llama ggml::ggml Threads::Threads ${CMAKE_DL_LIBS})
