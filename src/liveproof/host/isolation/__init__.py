"""Running a program of the inspected app so that it leaves nothing behind: no process, no file, no mount."""
