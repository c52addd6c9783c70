#include "sqlite.h"
#include "_cgo_export.h"

/* One open file: SQLite's own Unix file stands behind ours. */
typedef struct {
	sqlite3_file base;
	const char *name; /* SQLite keeps it as long as the file is open */
	sqlite3_file real[1];
} file;

#define FILE_OF(f) ((file *)(f))
#define REAL(f) (FILE_OF(f)->real)
#define CALL(f, method, ...) REAL(f)->pMethods->method(REAL(f), ##__VA_ARGS__)

static sqlite3_vfs *real;
static sqlite3_vfs fault;

/* What the Go side hears of; the order is that of Kind. */
enum { OPEN, READ, WRITE, TRUNCATE, SYNC, REMOVE };

int faultvfs_reads; /* reads are told, too */

static int tell(int kind, const char *name, const void *data, int n, sqlite3_int64 at) {
	return faultvfsHeard(kind, (char *)name, (void *)data, n, at);
}

static int xClose(sqlite3_file *f) { return CALL(f, xClose); }

static int xRead(sqlite3_file *f, void *data, int n, sqlite3_int64 at) {
	int rc = faultvfs_reads ? tell(READ, FILE_OF(f)->name, 0, n, at) : 0;
	return rc ? rc : CALL(f, xRead, data, n, at);
}

static int xWrite(sqlite3_file *f, const void *data, int n, sqlite3_int64 at) {
	int rc = tell(WRITE, FILE_OF(f)->name, data, n, at);
	return rc ? rc : CALL(f, xWrite, data, n, at);
}

static int xTruncate(sqlite3_file *f, sqlite3_int64 size) {
	int rc = tell(TRUNCATE, FILE_OF(f)->name, 0, 0, size);
	return rc ? rc : CALL(f, xTruncate, size);
}

static int xSync(sqlite3_file *f, int flags) {
	int rc = tell(SYNC, FILE_OF(f)->name, 0, 0, 0);
	return rc ? rc : CALL(f, xSync, flags);
}

static int xFileSize(sqlite3_file *f, sqlite3_int64 *size) { return CALL(f, xFileSize, size); }
static int xLock(sqlite3_file *f, int level) { return CALL(f, xLock, level); }
static int xUnlock(sqlite3_file *f, int level) { return CALL(f, xUnlock, level); }
static int xCheckReservedLock(sqlite3_file *f, int *out) { return CALL(f, xCheckReservedLock, out); }
static int xFileControl(sqlite3_file *f, int op, void *arg) { return CALL(f, xFileControl, op, arg); }
static int xSectorSize(sqlite3_file *f) { return CALL(f, xSectorSize); }
static int xDeviceCharacteristics(sqlite3_file *f) { return CALL(f, xDeviceCharacteristics); }
static int xShmMap(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
	return CALL(f, xShmMap, page, size, extend, out);
}
static int xShmLock(sqlite3_file *f, int offset, int n, int flags) { return CALL(f, xShmLock, offset, n, flags); }
static void xShmBarrier(sqlite3_file *f) { CALL(f, xShmBarrier); }
static int xShmUnmap(sqlite3_file *f, int del) { return CALL(f, xShmUnmap, del); }

/* Version 2: with shared memory, without memory-mapped reading. */
static const sqlite3_io_methods methods = {
	2, xClose, xRead, xWrite, xTruncate, xSync, xFileSize, xLock, xUnlock, xCheckReservedLock,
	xFileControl, xSectorSize, xDeviceCharacteristics, xShmMap, xShmLock, xShmBarrier, xShmUnmap,
};

static int xOpen(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
	int rc;
	(void)vfs;
	f->pMethods = 0;
	FILE_OF(f)->name = name ? name : "";
	rc = tell(OPEN, FILE_OF(f)->name, 0, 0, flags);
	if (rc) return rc;
	rc = real->xOpen(real, name, REAL(f), flags, out);
	if (REAL(f)->pMethods) f->pMethods = &methods;
	return rc;
}

static int xDelete(sqlite3_vfs *vfs, const char *name, int sync) {
	int rc = tell(REMOVE, name, 0, 0, sync);
	(void)vfs;
	return rc ? rc : real->xDelete(real, name, sync);
}

/* Stands before the default and becomes the default. Everything but open files
   and deleting is the real one's: its other functions do not look at their vfs. */
int faultvfs_register(void) {
	if (real) return 0;
	real = sqlite3_vfs_find(0);
	fault = *real;
	fault.szOsFile = (int)sizeof(file) + real->szOsFile;
	fault.zName = "fault";
	fault.pNext = 0;
	fault.xOpen = xOpen;
	fault.xDelete = xDelete;
	return sqlite3_vfs_register(&fault, 1);
}
