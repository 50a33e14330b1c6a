"""The auditor: reads the log, keeps its own account of everything, and says where the log contradicts itself."""
