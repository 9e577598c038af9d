namespace Chorus.Client.Measure;

/// <summary>One second of a run.</summary>
/// <param name="FromSec">Begin, in seconds since the begin of the measured window; negative while warming up.</param>
/// <param name="ToSec">End. The last sample of a run may be shorter than a second.</param>
/// <param name="Operations">Operations that succeeded.</param>
/// <param name="Errors">Operations that failed.</param>
/// <param name="Unknown">Failures of which the outcome is unknown.</param>
/// <param name="P50Us">Median of the successful ones (response time in an open loop); 0 when there were none.</param>
/// <param name="P99Us">99th percentile of the same.</param>
/// <param name="MaxUs">Longest of the same.</param>
internal readonly record struct Sample(
    double FromSec, double ToSec, long Operations, long Errors, long Unknown, long P50Us, long P99Us, long MaxUs)
{
    public double OperationsPerSec => ToSec > FromSec ? Operations / (ToSec - FromSec) : 0;

    public double ErrorsPerSec => ToSec > FromSec ? Errors / (ToSec - FromSec) : 0;
}
