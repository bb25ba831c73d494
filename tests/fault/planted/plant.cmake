# Plants all bugs at once: copies the sources that the patches name, and applies the patches in the
# order given. A patch whose surroundings have changed is not applied but ends the build.
#   cmake -DFROM=<project> -DINTO=<build>/planted -DSOURCES=lib/a.cpp;… -DPATCHES=<path>;… -P plant.cmake
foreach(source IN LISTS SOURCES)
  get_filename_component(folder ${source} DIRECTORY)
  file(MAKE_DIRECTORY ${INTO}/${folder})
  file(COPY_FILE ${FROM}/${source} ${INTO}/${source})
endforeach()
foreach(patch IN LISTS PATCHES)
  execute_process(
    COMMAND patch --strip=1 --fuzz=0 --force --no-backup-if-mismatch --reject-file=-
            --directory=${INTO} --input=${patch}
    RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT code EQUAL 0)
    file(RELATIVE_PATH name ${FROM} ${patch})
    message(FATAL_ERROR "The bug of ${name} can no longer be planted:\n${said}\n"
            "The product's source has changed there. Mend the patch as tests/CMakeLists.txt says.")
  endif()
endforeach()
