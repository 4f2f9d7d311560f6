namespace NetSniff.Storage;

/// <summary>Folders for what only their owner should see: what was captured, and what lets one ask for it.</summary>
public static class OwnerFolder
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it, and what is missing above it, for the owner alone. One that is there stays.</summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // The mode is given to the last folder alone, so one after the other.
        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null && !Directory.Exists(parent)) Make(parent);
        Directory.CreateDirectory(path, OwnerOnly);
    }
}
