# Configures against an installed llama.cpp: a whole one is found, and what is wrong with others is said.
function(configure prefix)
    file(REMOVE_RECURSE ${WORK}/build)
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
        -DAXIA_LLAMA=system -DAXIA_TESTS=OFF -DCMAKE_PREFIX_PATH=${prefix} ${ARGN}
        RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
    string(REGEX REPLACE "[ \n]+" " " out "${out}")
    set(status "${status}" PARENT_SCOPE)
    set(out "${out}" PARENT_SCOPE)
endfunction()

configure(${LLAMA})
if(NOT status EQUAL 0)
    message(FATAL_ERROR "an installed llama.cpp is not taken: ${out}")
endif()
file(STRINGS ${WORK}/build/CMakeCache.txt found REGEX "^(llama_DIR|AXIA_LLAMA_COMMON|AXIA_LLAMA_COMMON_INCLUDE):.*=${LLAMA}/")
list(LENGTH found parts)
if(NOT parts EQUAL 3)
    message(FATAL_ERROR "not all of libllama, llama-common and its headers come from ${LLAMA}: ${found}")
endif()

# one without the headers of llama-common
file(REMOVE_RECURSE ${WORK}/opt)
file(MAKE_DIRECTORY ${WORK}/opt/include)
file(CREATE_LINK ${LLAMA}/lib ${WORK}/opt/lib SYMBOLIC)
configure(${WORK}/opt)
if(status EQUAL 0 OR NOT out MATCHES "has no llama-common library, or no headers of it")
    message(FATAL_ERROR "a llama.cpp without headers of llama-common: ${status} ${out}")
endif()

# none at all
configure(${WORK}/none -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF)
if(status EQUAL 0 OR NOT out MATCHES "No installed llama.cpp was found")
    message(FATAL_ERROR "no llama.cpp: ${status} ${out}")
endif()
file(REMOVE_RECURSE ${WORK})
