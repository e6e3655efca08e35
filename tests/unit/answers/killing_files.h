// An SQLite file system that ends the process with SIGKILL at its n-th change of a file, half-way
// through it: what a kill, at the worst moment, leaves behind.
#pragma once

#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace axia::answers {

struct KillingFiles {
    sqlite3_vfs own{};
    sqlite3_vfs* real = nullptr;
    long left = 0;     // changes until the end; below 0 = never
    long changes = 0;  // so far

    /// Takes the place of the default file system, in this process, until it ends.
    static void install(long changes_left) {
        KillingFiles& files = instance();
        files.left = changes_left;
        files.changes = 0;
        if (files.real != nullptr) return;
        files.real = sqlite3_vfs_find(nullptr);
        files.own = *files.real;
        files.own.zName = "killing";
        files.own.szOsFile = static_cast<int>(sizeof(File)) + files.real->szOsFile;
        files.own.xOpen = open;
        files.own.xDelete = [](sqlite3_vfs*, const char* name, int sync) {
            instance().change([] {});
            return instance().real->xDelete(instance().real, name, sync);
        };
        sqlite3_vfs_register(&files.own, 1);
    }
    static long count() { return instance().changes; }

  private:
    struct File {
        sqlite3_file base;
        sqlite3_io_methods methods;
        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

    static KillingFiles& instance() {
        static KillingFiles files;
        return files;
    }

    template <typename Half>
    void change(Half&& half) {
        ++changes;
        if (left < 0 || --left >= 0) return;
        half();
        ::kill(::getpid(), SIGKILL);
    }

    static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
        sqlite3_file* real = of(file)->real();
        instance().change([&] { real->pMethods->xWrite(real, bytes, size / 2, at); });
        return real->pMethods->xWrite(real, bytes, size, at);
    }

    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* got) {
        File* own = of(file);
        std::memset(own, 0, sizeof *own);
        sqlite3_vfs* real = instance().real;
        const int code = real->xOpen(real, name, own->real(), flags, got);
        if (own->real()->pMethods == nullptr) return code;
        own->methods = *own->real()->pMethods;
        sqlite3_io_methods& m = own->methods;
        m.xWrite = write;
        m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
            instance().change([] {});
            return of(f)->real()->pMethods->xTruncate(of(f)->real(), size);
        };
        m.xSync = [](sqlite3_file* f, int how) {
            instance().change([] {});
            return of(f)->real()->pMethods->xSync(of(f)->real(), how);
        };
        m.xClose = [](sqlite3_file* f) { return of(f)->real()->pMethods->xClose(of(f)->real()); };
        m.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
            return of(f)->real()->pMethods->xRead(of(f)->real(), to, size, at);
        };
        m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
            return of(f)->real()->pMethods->xFileSize(of(f)->real(), size);
        };
        m.xLock = [](sqlite3_file* f, int how) {
            return of(f)->real()->pMethods->xLock(of(f)->real(), how);
        };
        m.xUnlock = [](sqlite3_file* f, int how) {
            return of(f)->real()->pMethods->xUnlock(of(f)->real(), how);
        };
        m.xCheckReservedLock = [](sqlite3_file* f, int* held) {
            return of(f)->real()->pMethods->xCheckReservedLock(of(f)->real(), held);
        };
        m.xFileControl = [](sqlite3_file* f, int what, void* with) {
            return of(f)->real()->pMethods->xFileControl(of(f)->real(), what, with);
        };
        m.xSectorSize = [](sqlite3_file* f) {
            return of(f)->real()->pMethods->xSectorSize(of(f)->real());
        };
        m.xDeviceCharacteristics = [](sqlite3_file* f) {
            return of(f)->real()->pMethods->xDeviceCharacteristics(of(f)->real());
        };
        m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** to) {
            return of(f)->real()->pMethods->xShmMap(of(f)->real(), page, size, extend, to);
        };
        m.xShmLock = [](sqlite3_file* f, int at, int count, int how) {
            return of(f)->real()->pMethods->xShmLock(of(f)->real(), at, count, how);
        };
        m.xShmBarrier = [](sqlite3_file* f) {
            of(f)->real()->pMethods->xShmBarrier(of(f)->real());
        };
        m.xShmUnmap = [](sqlite3_file* f, int remove) {
            return of(f)->real()->pMethods->xShmUnmap(of(f)->real(), remove);
        };
        m.xFetch = [](sqlite3_file* f, sqlite3_int64 at, int size, void** to) {
            return of(f)->real()->pMethods->xFetch(of(f)->real(), at, size, to);
        };
        m.xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* from) {
            return of(f)->real()->pMethods->xUnfetch(of(f)->real(), at, from);
        };
        own->base.pMethods = &own->methods;
        return code;
    }
};

}  // namespace axia::answers
