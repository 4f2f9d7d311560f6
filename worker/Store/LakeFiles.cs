using System.Globalization;

namespace NetSniff.Worker.Store;

/// <summary>Where files of a lake lie, and how they get there: whole, or not at all.</summary>
internal static class LakeFiles
{
    /// <summary>Moves a file that is finished to its place.</summary>
    /// <remarks>From another file system it is a copy, so it goes beside its place first, under a name that nobody
    /// reads; that this is on the disk is waited for before it gets its own.</remarks>
    public static void Place(string finished, ParquetExport export, string kind, long hour)
    {
        var time = DateTime.UnixEpoch.AddHours(hour);
        var folder = Path.Combine(
            export.Folder, $"kind={kind}",
            string.Create(CultureInfo.InvariantCulture, $"date={time:yyyy-MM-dd}"),
            string.Create(CultureInfo.InvariantCulture, $"hour={time:HH}"));
        Directory.CreateDirectory(folder);
        var aside = Path.Combine(folder, $".{export.FileName}.part");
        try
        {
            File.Move(finished, aside, overwrite: true);
            using (var file = new FileStream(aside, FileMode.Open, FileAccess.ReadWrite)) file.Flush(flushToDisk: true);
            File.Move(aside, Path.Combine(folder, export.FileName), overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(aside);
            throw;
        }
    }
}
