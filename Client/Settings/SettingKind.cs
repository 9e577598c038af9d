namespace Chorus.Client.Settings;

/// <summary>What a setting holds.</summary>
internal enum SettingKind
{
    Text,
    TextList,
    Whole,
    Number,
}
