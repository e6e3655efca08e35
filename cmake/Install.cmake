# `cmake --install`: the library with its headers and package files, the program, and the files that ship with it.
include(CMakePackageConfigHelpers)
set(axia_package ${CMAKE_INSTALL_LIBDIR}/cmake/axia)
set(axia_share ${CMAKE_INSTALL_DATADIR}/axia)

install(TARGETS axia EXPORT axia ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/axia DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(EXPORT axia NAMESPACE axia:: FILE axiaTargets.cmake DESTINATION ${axia_package})

# the pinned libllama lies in a cache folder that may go away: its archives are installed beside libaxia.a
set(AXIA_LLAMA_ARCHIVES)
if(AXIA_LLAMA STREQUAL "pinned")
    foreach(part llama-common llama-common-base vendor-hash cpp-httplib llama ggml ggml-cpu ggml-base)
        if(EXISTS "${AXIA_LLAMA_PREFIX}/lib/lib${part}.a")
            install(FILES "${AXIA_LLAMA_PREFIX}/lib/lib${part}.a" DESTINATION ${CMAKE_INSTALL_LIBDIR}/axia)
            list(APPEND AXIA_LLAMA_ARCHIVES lib${part}.a)
        endif()
    endforeach()
    install(FILES "${AXIA_LLAMA_PREFIX}/LICENSE" DESTINATION ${axia_share}/licences RENAME llama.cpp.txt)
endif()

configure_package_config_file(cmake/axiaConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/axiaConfig.cmake
    INSTALL_DESTINATION ${axia_package} PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/axiaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/axiaConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/axiaConfigVersion.cmake
    DESTINATION ${axia_package})

install(DIRECTORY values batteries DESTINATION ${axia_share})
install(FILES models.yaml DESTINATION ${axia_share} OPTIONAL)
install(FILES apps/report_page/dist/report.html DESTINATION ${axia_share}/report OPTIONAL)
install(FILES LICENSE DESTINATION ${axia_share}/licences RENAME axia.txt)
